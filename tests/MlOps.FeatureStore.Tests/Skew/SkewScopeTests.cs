using System.Text.Json;
using MlOps.Reporting;

namespace MlOps.Features.Tests;

/// <summary>What is compared, what waits, what is left out, and what the audit tells.</summary>
public sealed class SkewScopeTests
{
    [Fact]
    public async Task Requests_BeforeOfflineIngestion_ArePendingAndComparedLater()
    {
        await using var world = await new SkewWorld().LiveAsync(100, ingest: false);

        var before = await world.AuditAsync();
        await world.IngestAsync();
        var after = await world.AuditAsync();

        before.Verdict.Should().Be(SkewVerdict.NothingCompared);
        before.Pending.Should().Be(before.Features.Count * 100L);
        after.Verdict.Should().Be(SkewVerdict.Consistent);
        after.Pending.Should().Be(0);
    }

    [Fact]
    public async Task Requests_OlderThanTheHorizon_AreMismatchesWhenTheOfflineStoreLacksRows()
    {
        await using var world = await new SkewWorld().LiveAsync(300, ingest: false);
        world.Environment.Clock.Advance(TimeSpan.FromDays(3));

        var report = await world.AuditAsync();

        report.Verdict.Should().Be(SkewVerdict.Skewed);
        report.Features.Where(feature => feature.Different > 0).Should().OnlyContain(feature => feature.Finding!.Cause == SkewCause.OfflineIncomplete);
    }

    [Fact]
    public async Task Requests_AfterAStatedOfflineMoment_ArePending()
    {
        await using var world = await new SkewWorld().LiveAsync(200);

        var report = await world.AuditAsync(new SkewComparison { OfflineUpTo = SkewWorld.From + TimeSpan.FromHours(6), Horizon = TimeSpan.FromDays(1000) });

        report.Pending.Should().BeGreaterThan(0);
        report.Values.Should().BeGreaterThan(0);
        (report.Pending + report.Values).Should().Be(report.Features.Count * 200L);
    }

    [Fact]
    public async Task Requests_BeforeExactFrom_AreCoarseAndNotCompared()
    {
        var options = new FeatureStoreOptions { ReadLag = TimeSpan.FromMinutes(5), SkewAudit = { IsEnabled = true, SampleRate = 1 } };
        var fault = new SkewFault { Between = source => new FakeSource(source) };
        await using var world = await new SkewWorld(fault, options: options).LiveAsync(50);
        var source = await world.Store.GetVectorSourceAsync(SkewWorld.Service);
        var watched = world.Store.Skew.Watch(SkewWorld.Service, source);
        await watched.ReadAsync(new[] { "A1", "A2", "C1" }, SkewWorld.From + TimeSpan.FromMinutes(1), new float[source.FeatureNames.Count]);

        var report = await world.AuditAsync();

        report.Vectors.Should().Be(51);
        report.Coarse.Should().BeGreaterThanOrEqualTo(report.Features.Count);
        report.Different.Should().Be(0);
    }

    [Fact]
    public async Task LateRows_WithinTheAllowedLag_AreNoFault()
    {
        var fault = new SkewFault { PushedAt = (_, row) => row.Known + TimeSpan.FromMinutes(4) };
        await using var world = await new SkewWorld(fault).LiveAsync(300);

        var strict = await world.AuditAsync();
        var lenient = await world.AuditAsync(new SkewComparison { AllowedLag = TimeSpan.FromMinutes(4) });

        strict.Verdict.Should().Be(SkewVerdict.Skewed);
        lenient.Verdict.Should().Be(SkewVerdict.Consistent);
        lenient.Features.Sum(feature => feature.WithinLag).Should().Be(strict.Different);
    }

    [Fact]
    public async Task Tolerance_OfAFeature_AcceptsSmallDifferences()
    {
        var fault = new SkewFault
        {
            Between = source => new FakeSource(source) { Answer = (_, _, values) => values.Span[0] *= 1.001f },
        };
        await using var world = await new SkewWorld(fault).LiveAsync(100);
        var name = world.Store.FeatureNamesOf(SkewWorld.Service)[0];

        (await world.AuditAsync()).Features[0].Different.Should().BeGreaterThan(0);
        (await world.AuditAsync(new SkewComparison { Tolerances = new Dictionary<string, double> { [name] = 0.01 } })).Different.Should().Be(0);
    }

    [Fact]
    public async Task Report_OneFeatureDoubled_HasItsFigures()
    {
        var fault = new SkewFault
        {
            Between = source => new FakeSource(source) { Answer = (_, _, values) => values.Span[^1] *= 3 },
        };
        await using var world = await new SkewWorld(fault).LiveAsync(100);

        var feature = (await world.AuditAsync()).Features[^1];

        (feature.Compared, feature.Different, feature.Mismatched, feature.Extra, feature.MissingOnline).Should().Be((100, 100, 100, 0, 0));
        feature.Rate.Should().Be(1);
        // 2 * (3r - r) / (3r + r) = 1.
        feature.Smape.Should().BeApproximately(1, 1e-6);
        feature.Delta.Median.Should().BeInRange(40, 640);
        feature.Examples.Should().HaveCount(5).And.OnlyContain(example => example.Served == example.Recomputed * 3 && example.Keys.Count == 3 && example.AsOf == example.ServedAt);
        (feature.NewestDifference > SkewWorld.From).Should().BeTrue();
    }

    [Fact]
    public async Task Schedule_Skew_RecordsOneEventForTheSameMismatches()
    {
        var options = new FeatureStoreOptions
        {
            ReadLag = TimeSpan.FromDays(4), SkewAudit = { IsEnabled = true, SampleRate = 1, Interval = TimeSpan.FromHours(1), Window = TimeSpan.FromDays(10) },
        };
        var fault = new SkewFault
        {
            Between = source => new FakeSource(source) { Answer = (_, _, values) => values.Span[^1] *= 1000 },
        };
        await using var world = await new SkewWorld(fault, options: options).LiveAsync(100);
        using var stop = new CancellationTokenSource();
        var running = world.Store.Skew.RunAsync(stop.Token);
        await foreach (var told in TellAsync())
        {
            told.Subject.Should().Be(SkewWorld.Service);
            using var data = JsonDocument.Parse(told.Data);
            var feature = data.RootElement.GetProperty("features").EnumerateArray().Single();
            feature.GetProperty("feature").GetString().Should().Be("carrier_price");
            feature.GetProperty("cause").GetString().Should().Be(nameof(SkewCause.UnitChange));
            break;
        }

        // Another round finds the same.
        var reports = world.Store.Skew.LastReports[SkewWorld.Service];
        world.Environment.Clock.Advance(TimeSpan.FromHours(1));
        while (ReferenceEquals(world.Store.Skew.LastReports[SkewWorld.Service], reports))
            await Task.Yield();
        await stop.CancelAsync();
        await running.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        (await world.Environment.Context.Events.ReadAsync(typePrefix: FeatureEvents.SkewDetected)).Should().HaveCount(1);

        async IAsyncEnumerable<MlOpsEvent> TellAsync()
        {
            world.Environment.Clock.Advance(TimeSpan.FromHours(1));
            IReadOnlyList<MlOpsEvent> events;
            do
            {
                await Task.Yield();
                events = await world.Environment.Context.Events.ReadAsync(typePrefix: FeatureEvents.SkewDetected);
            }
            while (events.Count == 0);
            yield return events[0];
        }
    }

    [Fact]
    public async Task Html_Skew_NamesFeatureCauseAndExamples()
    {
        var fault = new SkewFault
        {
            Between = source => new FakeSource(source) { Answer = (_, _, values) => values.Span[^1] *= 1000 },
        };
        await using var world = await new SkewWorld(fault).LiveAsync(100);
        var report = await world.AuditAsync();

        var html = new HtmlReport("Skew").Section("Skew", section => section.SkewAudit(report)).ToHtml();

        html.Should().Contain("carrier_price").And.Contain("UnitChange").And.Contain("1000 times").And.Contain("Share of values that differ").And.Contain("skewed");
    }

    [Fact]
    public async Task Definitions_OfTheServer_AreNamedWithTheirDifference()
    {
        await using var world = await new SkewWorld(new SkewFault { ServerViews = SkewWorld.Views(2, TimeSpan.FromMinutes(30)) }).LiveAsync(300);

        var report = await world.AuditAsync();

        report.Definitions.Keys.Should().HaveCount(1).And.NotContain(report.Service);
        report.Features.First(feature => feature.Finding is not null).Finding!.Evidence.Should().Contain("30 min").And.Contain("90 min");
    }
}
