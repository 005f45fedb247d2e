using MlOps.Testing;

namespace MlOps.Features.Tests;

/// <summary>Random hostile histories lived through: materialised, pushed, asked about, ingested. What was served is what history says.</summary>
public sealed class SkewParityTests
{
    [Fact]
    public async Task SteadyState_RandomHistories_NothingDiffers()
    {
        long compared = 0, coarse = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var report = await LiveAsync(seed);
            report.Different.Should().Be(0, $"seed {seed}: {string.Join("; ", report.Features.SelectMany(feature => feature.Examples.Take(1).Select(example => $"{feature.Feature} {example}")))}");
            report.Pending.Should().Be(0);
            compared += report.Values;
            coarse += report.Coarse;
        }

        compared.Should().BeGreaterThan(3_000);
        coarse.Should().BeGreaterThan(0);
    }

    private static async Task<SkewAuditReport> LiveAsync(int seed)
    {
        var generator = new HistoryGenerator(seed);
        var random = generator.Random;
        var view = generator.View();
        var rows = generator.Rows(60);
        long Known(RawRow row) => view.AvailableAtColumn is null ? row.Event : row.Known;
        // A vector of floats holds neither texts nor moments.
        string[] numbers = [.. view.FeatureNames.Where((_, f) => view.Plan.Features[f].Type is not (DataType.String or DataType.Timestamp))];
        var service = FeatureService.Define("service").View("view", numbers).Build();
        var first = rows.Count == 0 ? 0 : Math.Min(0, rows.Min(row => Math.Min(row.Event, Known(row))));
        await using var environment = new TestEnvironment(clock: new FakeClock(new Timestamp(first).ToDateTimeOffset()), files: new HastyFiles());
        using var store = new FeatureStore(environment.Context, [view], [service], new FeatureStoreOptions
        {
            ReadLag = TimeSpan.FromMinutes(random.Next(2) == 0 ? 100_000 : 60), SettlingRows = random.Next(1, 4), ClockTolerance = TimeSpan.FromDays(10_000),
            SkewAudit = { IsEnabled = true, SampleRate = 1, BufferedVectors = 16_384 },
        });

        // Some is history already when the service begins, the rest comes by pushes in order of availability.
        RawRow[] ordered = [.. rows.OrderBy(Known)];
        var begun = random.Next(ordered.Length + 1);
        while (begun > 0 && begun < ordered.Length && Known(ordered[begun]) == Known(ordered[begun - 1]))
            begun++;
        await store.IngestAsync("view", RawRow.Frame(ordered[..begun]), "history");
        if (begun > 0)
            await store.MaterializeAsync("service", new Timestamp(Known(ordered[begun - 1])));
        var source = await store.GetVectorSourceAsync("service");
        var vector = new float[source.FeatureNames.Count];
        var keys = new string[source.KeyNames.Count];
        var now = begun > 0 ? Known(ordered[begun - 1]) : first;
        for (var i = begun; i <= ordered.Length; i++)
        {
            var next = i < ordered.Length ? Known(ordered[i]) : now + 50_000_000_000;
            for (var ask = 0; ask < 3 && next > now; ask++)
            {
                // At the moment itself, between two rows, or a while ago.
                var asOf = random.Next(4) == 0 ? now - random.NextInt64(1, 200) * 60_000_000 : now + random.NextInt64(next - now);
                for (var k = 0; k < keys.Length; k++)
                    keys[k] = generator.Key();
                await source.ReadAsync(keys.ToArray(), new Timestamp(asOf), vector);
            }

            if (i == ordered.Length)
                break;
            now = next;
            if (new Timestamp(now).ToDateTimeOffset() is var clock && clock > environment.Clock.GetUtcNow())
                environment.Clock.Advance(clock - environment.Clock.GetUtcNow());
            await store.PushAsync("view", RawRow.Frame([ordered[i]]), "feed", i);
        }

        // Beyond every moment asked about, also where all was history and no push has moved the clock.
        environment.Clock.Advance(TimeSpan.FromDays(4000));
        await store.IngestAsync("view", RawRow.Frame(ordered[begun..]), "pushed");
        return await store.Skew.AuditAsync("service", Timestamp.MinValue, Timestamp.MaxValue);
    }
}
