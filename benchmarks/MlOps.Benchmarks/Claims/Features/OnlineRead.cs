using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Features;

namespace MlOps.Benchmarks.Claims.Features;

/// <summary>Three views of nine windowed features each, as in the flights sample, read online by keys that rotate.</summary>
internal static class OnlineRead
{
    private const int Airports = 300;
    private const int Requests = 4096;

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        const string plain = "three dictionary look-ups and copies";
        const string store = "feature store";
        await using var host = new ClaimHost(context.Folder, mlops =>
        {
            foreach (var (name, keys) in new[] { ("origin", new[] { "origin" }), ("destination", ["destination"]), ("route", ["origin", "destination"]) })
            {
                mlops.AddFeatureView(name, view =>
                {
                    foreach (string key in keys)
                        view.Key(key);
                    view.EventTime("at").Windows(FeatureWindow.Hours(1), FeatureWindow.Hours(24), FeatureWindow.Days(7))
                        .Aggregate("delay", [AggregateFunction.Count, AggregateFunction.Mean], scale: 1)
                        .Aggregate("late", [AggregateFunction.Mean], scale: 1);
                });
            }

            mlops.AddFeatureService("service", service => service.View("origin").View("destination").View("route"));
        });
        var random = new Random(context.Seed);
        string[] names = [.. Enumerable.Range(0, Airports).Select(i => $"A{i}")];
        const int rows = 300_000;
        long start = Timestamp.Utc(2001, 1, 1).Microseconds, day = 86_400_000_000;
        long[] times = [.. Enumerable.Range(0, rows).Select(_ => start + random.NextInt64(8 * day)).Order()];
        string[] origins = Pick(rows), destinations = Pick(rows);
        var frame = new DataFrame(
            DataColumn.Create("at", times.Select(time => new Timestamp(time)).ToArray()),
            DataColumn.Create("origin", origins), DataColumn.Create("destination", destinations),
            DataColumn.Create("delay", Enumerable.Range(0, rows).Select(_ => (double)random.Next(-10, 90)).ToArray()),
            DataColumn.Create("late", Enumerable.Range(0, rows).Select(_ => (double)random.Next(2)).ToArray()));
        foreach (string view in new[] { "origin", "destination", "route" })
            await host.Environment.Features.IngestAsync(view, frame, "all", stop);
        var now = new Timestamp(start + (8 * day));
        await host.Environment.Features.MaterializeAsync("service", now, cancellationToken: stop);
        var source = await host.Environment.Features.GetVectorSourceAsync("service", stop);
        string[][] asked = [.. Enumerable.Range(0, Requests).Select(_ =>
        {
            int row = random.Next(rows);
            return new[] { origins[row], destinations[row] };
        })];
        float[] vector = new float[source.FeatureNames.Count];
        float[] copied = new float[vector.Length];
        var byName = names.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i, StringComparer.Ordinal);
        var byRoute = asked.Select(keys => (keys[0], keys[1])).Distinct().Select((route, i) => (route, i)).ToDictionary(pair => pair.route, pair => pair.i);
        float[] stored = new float[9 * Math.Max(Airports, byRoute.Count)];
        var result = Paired.Measure(
            new PairedOptions { Rounds = 60 },
            (plain, (at, count) =>
            {
                for (int i = at; i < at + count; i++)
                {
                    string[] keys = asked[i & (Requests - 1)];
                    stored.AsSpan(9 * byName[keys[0]], 9).CopyTo(copied);
                    stored.AsSpan(9 * byName[keys[1]], 9).CopyTo(copied.AsSpan(9));
                    stored.AsSpan(9 * byRoute[(keys[0], keys[1])], 9).CopyTo(copied.AsSpan(18));
                }

                return (long)copied[0];
            }),
            (store, (at, count) =>
            {
                double sum = 0;
                for (int i = at; i < at + count; i++)
                {
                    var task = source.ReadAsync(asked[i & (Requests - 1)], now, vector);
                    if (!task.IsCompletedSuccessfully)
                        throw new InvalidOperationException("An online read was not there at once.");
                    sum += vector[1];
                }

                return (long)sum;
            }));
        if (vector.Length != 27 || !vector.Any(value => value > 0))
            throw new InvalidOperationException($"{vector.Length} features were read: {string.Join(", ", vector)}");
        var sample = result[store];
        double microseconds = sample.CpuNanoseconds / 1000;
        return new ClaimResult(
            microseconds, string.Create(CultureInfo.InvariantCulture, $"{microseconds:F2} us, {sample.AllocatedBytes:F0} B"),
            microseconds <= 2.7 && sample.AllocatedBytes == 0,
            result.ToDetail("27 features of 3 entities; the baseline copies values that somebody else has computed", plain));

        string[] Pick(int count) => [.. Enumerable.Range(0, count).Select(_ => names[(int)(Airports * random.NextDouble() * random.NextDouble())])];
    }
}
