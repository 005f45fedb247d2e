namespace MlOps.Features.Tests;

public sealed class SkewFaultTests
{
    private static readonly TimeSpan Cached = TimeSpan.FromMinutes(30);

    [Fact]
    public async Task SteadyState_ThousandRequests_NothingDiffers()
    {
        await using var world = await new SkewWorld().LiveAsync();

        var report = await world.AuditAsync();

        report.Verdict.Should().Be(SkewVerdict.Consistent);
        report.Vectors.Should().Be(1000);
        report.Values.Should().Be(report.Features.Sum(feature => 1000L));
        report.Different.Should().Be(0);
        report.Coarse.Should().Be(0);
        report.Pending.Should().Be(0);
        report.MomentAheadOfClock.Should().Be(TimeSpan.Zero);
    }

    [Fact]
    public Task LateData_RowsPushedFortyMinutesLate_IsFound() => Check(
        new SkewFault { PushedAt = (_, row) => row.Known + TimeSpan.FromMinutes(40) },
        _ => true, SkewCause.LateData, finding => finding.Shift.Should().BeCloseTo(TimeSpan.FromMinutes(40), TimeSpan.FromMinutes(5)));

    [Fact]
    public Task LateData_OneViewPushedHourly_IsFound() => Check(
        new SkewFault { PushedAt = (view, row) => view != "carrier" ? row.Known : new Timestamp((row.Known.Microseconds / 3_600_000_000 + 1) * 3_600_000_000) },
        name => name.StartsWith("carrier", StringComparison.Ordinal), SkewCause.LateData);

    [Fact]
    public Task TimeToLive_ServerRunsAnotherDefinition_IsFound() => Check(
        new SkewFault { ServerViews = SkewWorld.Views(2, TimeSpan.FromMinutes(30)) },
        name => name.EndsWith("level", StringComparison.Ordinal), SkewCause.TimeToLive,
        finding => finding.Shift.Should().BeCloseTo(TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(2)));

    [Fact]
    public Task SwappedFeatures_TwoServedForEachOther_AreFound() => Check(
        Answering((source, values) => (values[source.Index("origin_price")], values[source.Index("origin_level")]) = (values[source.Index("origin_level")], values[source.Index("origin_price")])),
        name => name is "origin_price" or "origin_level", SkewCause.SwappedFeatures);

    [Fact]
    public Task SwappedFeatures_ColumnsExchangedInTheFeed_AreFound() => Check(
        new SkewFault { Online = (view, row) => [view == "airport" ? row with { Level = row.Price, Price = row.Level ?? double.NaN } : row] },
        name => name.EndsWith("level", StringComparison.Ordinal) || (name.EndsWith("price", StringComparison.Ordinal) && !name.StartsWith("carrier", StringComparison.Ordinal)),
        SkewCause.SwappedFeatures, atLeast: 0.75);

    [Fact]
    public Task UnitChange_CentsForEuros_IsFound() => Check(
        new SkewFault { Online = (view, row) => [view == "airport" ? row with { Amount = row.Amount * 100 } : row] },
        name => name.Contains("amount", StringComparison.Ordinal), SkewCause.UnitChange, finding => finding.Factor.Should().Be(100));

    [Fact]
    public Task UnitChange_ServedInThousands_IsFound() => Check(
        Answering((source, values) => values[source.Index("carrier_delay_mean_6h")] /= 1000),
        name => name == "carrier_delay_mean_6h", SkewCause.UnitChange, finding => finding.Factor.Should().Be(0.001));

    [Fact]
    public Task StaleCache_VectorsKeptForHalfAnHour_IsFound()
    {
        var cache = new Dictionary<string, (Timestamp At, float[] Values)>(StringComparer.Ordinal);
        return Check(
            new SkewFault
            {
                Combinations = 16,
                Between = source => new FakeSource(source)
                {
                    Answer = (keys, asOf, values) =>
                    {
                        var key = string.Join('|', keys);
                        if (cache.TryGetValue(key, out var kept) && asOf - kept.At < Cached)
                            kept.Values.CopyTo(values);
                        else
                            cache[key] = (asOf, values.ToArray());
                    },
                },
            },
            _ => true, SkewCause.StaleCache, finding => finding.Shift.Should().BeLessThan(Cached).And.BeGreaterThan(Cached / 2));
    }

    [Theory]
    [InlineData(-433)]
    [InlineData(600)]
    public Task ClockShift_ServerAsksForAnotherMoment_IsFound(int seconds) => Check(
        new SkewFault { Between = source => new FakeSource(source) { Ask = (keys, asOf) => (keys, asOf + TimeSpan.FromSeconds(seconds)) } },
        _ => true, SkewCause.ClockShift, finding => finding.Shift.Should().BeCloseTo(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(60)));

    [Fact]
    public Task LostRows_PartitionNeverPushed_IsFound() => Check(
        new SkewFault { Online = (view, row) => view == "airport" && row.Key.StartsWith("A1", StringComparison.Ordinal) ? [] : [row] },
        name => !name.StartsWith("carrier", StringComparison.Ordinal), SkewCause.LostRows, finding => finding.Evidence.Should().Contain("'A1'"));

    [Fact]
    public Task LostRows_PartitionStopsComing_IsFound() => Check(
        new SkewFault { Online = (view, row) => view == "airport" && row.Key.StartsWith("A1", StringComparison.Ordinal) && row.Known > SkewWorld.From + TimeSpan.FromHours(3) ? [] : [row] },
        name => !name.StartsWith("carrier", StringComparison.Ordinal), SkewCause.LostRows, finding => finding.Evidence.Should().Contain("'A1'"));

    [Fact]
    public Task DuplicatedRows_DeliveredTwice_AreFound() => Check(
        new SkewFault { Again = (view, _) => view == "airport" },
        name => name.Contains("count", StringComparison.Ordinal) && !name.StartsWith("carrier", StringComparison.Ordinal) || name.Contains("sum", StringComparison.Ordinal),
        SkewCause.DuplicatedRows);

    [Fact]
    public Task DuplicatedRows_SomeDeliveredTwice_AreFound() => Check(
        new SkewFault { Again = (view, row) => view == "airport" && row.At.Microseconds % 5 == 0 },
        name => name.StartsWith("origin_delay", StringComparison.Ordinal) || name.StartsWith("destination_delay", StringComparison.Ordinal) || name.Contains("amount", StringComparison.Ordinal),
        SkewCause.DuplicatedRows);

    [Fact]
    public Task DefaultForMissing_ZeroServedForNothing_IsFound() => Check(
        Answering((_, values) =>
        {
            foreach (ref var value in values.AsSpan())
                value = float.IsNaN(value) ? 0 : value;
        }),
        name => name.EndsWith("level", StringComparison.Ordinal), SkewCause.DefaultForMissing, others: true);

    [Fact]
    public Task DefaultForMissing_NullsFilledInTheFeed_AreFound() => Check(
        new SkewFault { Online = (view, row) => [view == "airport" ? row with { Delay = row.Delay ?? 0, Level = row.Level ?? -1 } : row] },
        name => name.EndsWith("level", StringComparison.Ordinal)
            || (!name.StartsWith("carrier", StringComparison.Ordinal) && (name.Contains("delay_count", StringComparison.Ordinal) || name.Contains("delay_mean", StringComparison.Ordinal))),
        SkewCause.DefaultForMissing);

    [Fact]
    public Task WrongKey_OriginAndDestinationExchanged_IsFound() => Check(
        new SkewFault { Between = source => new FakeSource(source) { Ask = (keys, asOf) => ([keys[1], keys[0], keys[2]], asOf) } },
        name => !name.StartsWith("carrier", StringComparison.Ordinal), SkewCause.WrongKey);

    [Fact]
    public Task DefinitionDrift_OtherWindowUnderTheSameName_IsFound() => Check(
        new SkewFault
        {
            ServerViews = SkewWorld.Views(2, null, FeatureWindow.Hours(1), FeatureWindow.Hours(6), FeatureWindow.Hours(12)),
            Between = source => new Renamed(source),
        },
        name => name.EndsWith("24h", StringComparison.Ordinal), SkewCause.DefinitionDrift, finding => finding.Evidence.Should().Contain("12h"));

    [Fact]
    public Task PrecisionLoss_HalfPrecision_IsFound() => Check(
        Answering((source, values) =>
        {
            foreach (var name in new[] { "origin_price", "carrier_delay_mean_6h" })
                values[source.Index(name)] = (float)(Half)values[source.Index(name)];
        }),
        name => name is "origin_price" or "carrier_delay_mean_6h", SkewCause.PrecisionLoss);

    [Fact]
    public Task PrecisionLoss_PricesAsWholeNumbers_IsFound() => Check(
        new SkewFault { Online = (view, row) => [view == "carrier" ? row with { Price = Math.Truncate(row.Price) } : row] },
        name => name == "carrier_price", SkewCause.PrecisionLoss);

    [Theory]
    [InlineData(2, "carrier")]
    [InlineData(-5, "airport")]
    [InlineData(1, "airport")]
    public Task TimeZoneShift_EventTimesOfOneFeed_IsFound(int hours, string feed) => Check(
        new SkewFault { Online = (view, row) => [view == feed ? row with { At = row.At + TimeSpan.FromHours(hours) } : row] },
        name => name.StartsWith("carrier", StringComparison.Ordinal) == (feed == "carrier"), SkewCause.TimeZoneShift, finding => finding.Shift.Should().Be(TimeSpan.FromHours(hours)));

    [Fact]
    public Task MissingForValue_OneFeatureBlank_IsFound() => Check(
        Answering((source, values) => values[source.Index("destination_price")] = float.NaN),
        name => name == "destination_price", SkewCause.MissingForValue);

    [Fact]
    public Task OfflineIncomplete_KeysNeverIngested_IsFound() => Check(
        new SkewFault { Offline = (view, row) => view != "airport" || !row.Key.StartsWith("A2", StringComparison.Ordinal) },
        name => !name.StartsWith("carrier", StringComparison.Ordinal), SkewCause.OfflineIncomplete);

    [Fact]
    public Task Unknown_Noise_IsNotExplained()
    {
        var random = new Random(3);
        return Check(
            Answering((source, values) => values[source.Index("origin_amount_mean_6h")] += random.NextSingle()),
            name => name == "origin_amount_mean_6h", SkewCause.Unknown);
    }

    [Fact]
    public async Task TwoFaults_OnDifferentFeatures_EachHasItsCause()
    {
        await using var world = await new SkewWorld(Answering((source, values) =>
        {
            values[source.Index("origin_price")] *= 100;
            values[source.Index("carrier_delay_mean_6h")] = MathF.Round(values[source.Index("carrier_delay_mean_6h")]);
        }) with { PushedAt = (view, row) => view == "airport" ? row.Known + TimeSpan.FromMinutes(25) : row.Known }).LiveAsync();

        var report = await world.AuditAsync();

        Cause(report, "carrier_delay_mean_6h").Should().Be(SkewCause.PrecisionLoss);
        Cause(report, "carrier_price").Should().BeNull();
        foreach (var feature in report.Features.Where(feature => feature.View == "airport" && feature.Different > 0 && feature.Feature != "origin_price"))
            feature.Finding!.Cause.Should().Be(SkewCause.LateData, $"{feature.Feature}: {feature.Finding.Evidence}");
        // Late and in cents at once: whatever is said, it must not be a fault that is not there.
        Cause(report, "origin_price").Should().BeOneOf(SkewCause.UnitChange, SkewCause.LateData, SkewCause.Unknown);
    }

    [Fact]
    public async Task TwoFaults_BetweenStoreAndCaller_EachHasItsCause()
    {
        await using var world = await new SkewWorld(Answering((source, values) =>
        {
            values[source.Index("origin_price")] *= 100;
            (values[source.Index("destination_level")], values[source.Index("destination_price")]) = (values[source.Index("destination_price")], values[source.Index("destination_level")]);
            values[source.Index("carrier_price")] = MathF.Floor(values[source.Index("carrier_price")]);
        })).LiveAsync(600);

        var report = await world.AuditAsync();

        report.Features.Where(feature => feature.Different > 0).Select(feature => (feature.Feature, feature.Finding!.Cause)).Should().BeEquivalentTo(
        [
            ("origin_price", SkewCause.UnitChange), ("destination_level", SkewCause.SwappedFeatures), ("destination_price", SkewCause.SwappedFeatures), ("carrier_price", SkewCause.PrecisionLoss),
        ]);
    }

    private static SkewCause? Cause(SkewAuditReport report, string feature) => report.Features.Single(skew => skew.Feature == feature).Finding?.Cause;

    private static SkewFault Answering(Action<FakeSource, float[]> change) => new()
    {
        Between = source =>
        {
            FakeSource? fake = null;
            return fake = new FakeSource(source)
            {
                Answer = (_, _, values) =>
                {
                    var copy = values.ToArray();
                    change(fake!, copy);
                    copy.CopyTo(values);
                },
            };
        },
    };

    private static async Task Check(
        SkewFault fault, Func<string, bool> isHit, SkewCause cause, Action<SkewFinding>? check = null, bool others = false, double atLeast = 1)
    {
        await using var world = await new SkewWorld(fault).LiveAsync();

        var report = await world.AuditAsync();

        var text = string.Join("\n", report.Features.Where(feature => feature.Different > 0)
            .Select(feature => $"{feature.Feature}: {feature.Different}/{feature.Compared} {feature.Finding!.Cause} {feature.Finding.Explained:P0} {feature.Finding.Evidence}"));
        report.Verdict.Should().Be(SkewVerdict.Skewed);
        var hit = report.Features.Where(feature => isHit(feature.Feature)).ToArray();
        hit.Should().NotBeEmpty();
        hit.Count(feature => feature.Finding?.Cause == cause).Should().BeGreaterThanOrEqualTo((int)Math.Ceiling(atLeast * hit.Count(feature => feature.Different > 0)), text);
        hit.Count(feature => feature.Different > 0).Should().BeGreaterThan(0);
        if (!others)
            report.Features.Where(feature => feature.Different > 0 && !isHit(feature.Feature)).Select(feature => feature.Feature).Should().BeEmpty(text);
        foreach (var feature in hit.Where(feature => feature.Finding?.Cause == cause))
            check?.Invoke(feature.Finding!);
    }

    private sealed class Renamed(IFeatureVectorSource source) : FakeSource(source)
    {
        public override IReadOnlyList<string> FeatureNames => [.. base.FeatureNames.Select(name => name.Replace("12h", "24h", StringComparison.Ordinal))];
    }
}
