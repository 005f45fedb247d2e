using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Features;
using MlOps.Features.Tests;

namespace MlOps.Benchmarks.Claims.Features;

internal static class FeaturesClaims
{
    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "features.join",
            "CPU of the point-in-time join, 1,000,000 spine rows to 10,000,000 stored rows (100,000 entities, 4 values, TTL 12 h), over a hand-written array merge, equal checksums",
            "at most 1.2 x",
            (context, stop) => JoinComparison.MeasureAsync(context, "array merge", 1.2, stop)),
        new Claim(
            "features.join-duckdb",
            "CPU of DuckDB's ASOF join of the same rows over that of the store's join, both read into arrays, equal checksums",
            "at least 5 x",
            (context, stop) => JoinComparison.MeasureAsync(context, "DuckDB ASOF", 5, stop)),
        new Claim(
            "features.ingest",
            "rows of 6 columns per second made durable in the offline store, batches of 1,000,000; beside it a raw write and fsync of the same bytes",
            "at least 5 M/s",
            IngestAsync),
        new Claim(
            "features.online-read",
            "time of reading 27 windowed features of 3 entities online; bytes allocated must be 0",
            "at most 2.7 us, 0 B",
            OnlineRead.MeasureAsync),
        new Claim(
            "features.parity",
            "differences between batch join, stream, snapshot, restart and brute force, bit for bit, over 200,000 random histories",
            "0",
            ParityAsync),
    ];

    private static async Task<ClaimResult> IngestAsync(ClaimContext context, CancellationToken stop)
    {
        const int rows = 1_000_000;
        const string raw = "raw write + fsync";
        const string store = "feature store";
        await using var host = new ClaimHost(context.Folder, mlops => mlops.AddFeatureView(
            "view", view => view.Key("key").EventTime("at").LastValue("a").LastValue("b").LastValue("c").LastValue("d")));
        var features = host.Environment.Features;
        var random = new Random(context.Seed);
        string[] names = [.. Enumerable.Range(0, 10_000).Select(i => $"entity-{i}")];
        var frame = new DataFrame(
            DataColumn.Create("key", Enumerable.Range(0, rows).Select(_ => names[random.Next(names.Length)]).ToArray()),
            DataColumn.Create("at", Enumerable.Range(0, rows).Select(row => new Timestamp(978_307_200_000_000 + (row * 7_000L))).ToArray()),
            Numbers("a"), Numbers("b"), Numbers("c"), Numbers("d"));
        // Two 8-byte and four 8-byte columns, as they lie in memory.
        byte[] bytes = new byte[rows * 6 * 8];
        random.NextBytes(bytes);
        string file = Path.Combine(context.Folder, "raw");
        int batch = 0;
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 6, Operations = rows, WarmUp = TimeSpan.FromSeconds(0.5) },
            [
                (raw, (_, _) =>
                {
                    using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 1);
                    stream.Write(bytes);
                    FileSystems.Sync(stream);
                    return Task.FromResult(stream.Length);
                }),
                (store, async (_, _) => (await features.IngestAsync("view", frame, $"batch {batch++}")).GetHashCode()),
            ],
            stop);
        double rate = 1e9 / result[store].WallNanoseconds;
        return ClaimResult.AtLeast(
            rate, 5e6, string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:F2} M/s"), result.ToDetail("One row of 6 columns, durable", raw));

        DataColumn Numbers(string name) => DataColumn.Create(name, Enumerable.Range(0, rows).Select(_ => random.NextDouble()).ToArray());
    }

    private static Task<ClaimResult> ParityAsync(ClaimContext context, CancellationToken stop)
    {
        const int histories = 200_000;
        long comparisons = 0;
        var differences = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, histories, new ParallelOptions { CancellationToken = stop }, seed =>
        {
            try
            {
                // Other seeds than those of the tests.
                Interlocked.Add(ref comparisons, JoinParity.Run(1_000_000 + seed) + OnlineParity.Run(1_000_000 + seed));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                differences.Add(e.Message);
            }
        });
        foreach (string difference in differences.Take(5))
            context.Report(difference);
        return Task.FromResult(ClaimResult.AtMost(
            differences.Count, 0, string.Create(CultureInfo.InvariantCulture, $"{differences.Count} of {comparisons:N0} values"),
            new ClaimDetail(
                "Parity", ["histories", "values compared", "histories with a difference"],
                [[histories.ToString("N0", CultureInfo.InvariantCulture), comparisons.ToString("N0", CultureInfo.InvariantCulture), $"{differences.Count}"]])));
    }
}
