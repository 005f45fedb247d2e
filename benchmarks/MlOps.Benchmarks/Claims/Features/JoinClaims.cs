using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Features;
using MlOps.Features.Tests;

namespace MlOps.Benchmarks.Claims.Features;

internal static class JoinClaims
{
    private const int Entities = 100_000;
    private const int SpineRows = 1_000_000;
    private static readonly string[] Values = ["a", "b", "c", "d"];

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "features.row-law",
            "differences from a brute-force fold over 1,000,000 random cases: a case is one spine row; each draw of a service, its histories and its segments serves up to 31 of them (ties, late rows, null, NaN, unknown and null keys, TTL edges, several views, renamed keys, aliases), one row per spine row in its order",
            "0",
            RowLawAsync),
        new Claim(
            "features.join-unsorted",
            "CPU of joining 1,000,000 spine rows to 10,000,000 rows of unordered frames in memory (100,000 integer keys, 4 values, TTL 12 h), keys encoded and rows grouped within; beside it the same by a dictionary",
            "at most 0.5 CPU s",
            UnsortedAsync),
        new Claim(
            "features.join-ten",
            "CPU of joining ten views (1,000,000 rows and 4 values each, one key) to 1,000,000 spine rows in one pass over that of joining one",
            "at most 6 x",
            TenAsync),
    ];

    private static Task<ClaimResult> RowLawAsync(ClaimContext context, CancellationToken stop)
    {
        const int wanted = 1_000_000;
        long rows = 0, values = 0;
        int seed = -1;
        var differences = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, Environment.ProcessorCount, new ParallelOptions { CancellationToken = stop }, _ =>
        {
            while (Interlocked.Read(ref rows) < wanted && differences.IsEmpty)
            {
                stop.ThrowIfCancellationRequested();
                try
                {
                    // Other seeds than those of the tests.
                    var (joined, compared) = JoinParity.RunRowLaw(1_000_000 + Interlocked.Increment(ref seed));
                    Interlocked.Add(ref rows, joined);
                    Interlocked.Add(ref values, compared);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    differences.Add(e.Message);
                }
            }
        });
        foreach (string difference in differences.Take(5))
            context.Report(difference);
        return Task.FromResult(ClaimResult.AtMost(
            differences.Count, 0, string.Create(CultureInfo.InvariantCulture, $"{differences.Count} of {rows:N0} rows, {values:N0} values"),
            new ClaimDetail(
                "Row law", ["services and histories", "spine rows", "values compared", "with a difference"],
                [[(seed + 1).ToString("N0", CultureInfo.InvariantCulture), rows.ToString("N0", CultureInfo.InvariantCulture), values.ToString("N0", CultureInfo.InvariantCulture), $"{differences.Count}"]])));
    }

    private static async Task<ClaimResult> UnsortedAsync(ClaimContext context, CancellationToken stop)
    {
        const string frames = "PointInTime.Join";
        const string dictionary = "dictionary, counting sort, binary search";
        const int rows = 10_000_000;
        const long timeToLive = 12L * 3600 * 1_000_000;
        var random = new Random(context.Seed);
        long[] keys = [.. Enumerable.Range(0, Entities + (Entities / 10)).Select(_ => random.NextInt64())];
        var history = new DataFrame(
            [
                DataColumn.Create("k", Draw(rows, _ => keys[random.Next(Entities)])),
                DataColumn.Create("t", Draw(rows, row => new Timestamp(978_307_200_000_000 + (row * 777_600L)))),
                .. Values.Select(name => DataColumn.Create(name, Draw(rows, _ => (double)random.Next(1000)))),
            ]);
        var spine = new DataFrame(
            DataColumn.Create("k", Draw(SpineRows, _ => keys[random.Next(keys.Length)])),
            DataColumn.Create("t", Draw(SpineRows, _ => new Timestamp(978_307_200_000_000 + random.NextInt64(rows * 777_600L)))));
        var options = new PointInTimeOptions { Keys = ["k"], EventTime = "t", SpineTime = "t", TimeToLive = TimeSpan.FromHours(12) };
        (long Matches, double Sum) joined = default, byHand = default;
        context.Report("drawn");
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 3, Operations = SpineRows, WarmUp = TimeSpan.FromSeconds(0.5) },
            [
                (frames, (_, _) =>
                {
                    var frame = PointInTime.Join(history, spine, options);
                    joined = UnsortedJoin.Checksum([.. Values.Select(name => frame.Column<double>(name))]);
                    return Task.FromResult(joined.Matches);
                }),
                (dictionary, (_, _) =>
                {
                    byHand = UnsortedJoin.Run(history, spine, Values, timeToLive);
                    return Task.FromResult(byHand.Matches);
                }),
            ],
            stop);
        if (joined != byHand)
            throw new InvalidOperationException($"PointInTime.Join found {joined}, the dictionary {byHand}.");
        double seconds = result[frames].CpuNanoseconds * SpineRows / 1e9;
        return ClaimResult.AtMost(
            seconds, 0.5, string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} CPU s ({result.CpuRatio(frames, dictionary):F2} x the dictionary)"),
            result.ToDetail(string.Create(CultureInfo.InvariantCulture, $"One spine row; {joined.Matches:N0} matched on both sides"), dictionary));
    }

    private static async Task<ClaimResult> TenAsync(ClaimContext context, CancellationToken stop)
    {
        const string one = "one view";
        const string ten = "ten views";
        const int rows = 1_000_000;
        await using var host = new ClaimHost(context.Folder, mlops =>
        {
            for (int v = 0; v < 10; v++)
            {
                mlops.AddFeatureView($"view{v}", view =>
                {
                    view.Key("k").EventTime("t");
                    foreach (string value in Values)
                        view.LastValue(value, TimeSpan.FromHours(12));
                });
            }

            mlops.AddFeatureService("one", service => service.View("view0"));
            mlops.AddFeatureService("ten", service =>
            {
                for (int v = 0; v < 10; v++)
                    service.View($"view{v}");
            });
        });
        var features = host.Environment.Features;
        var random = new Random(context.Seed);
        string[] keys = [.. Enumerable.Range(0, Entities + (Entities / 10)).Select(i => $"e{i}")];
        for (int v = 0; v < 10; v++)
        {
            await features.IngestAsync(
                $"view{v}",
                new DataFrame(
                    [
                        DataColumn.Create("k", Draw(rows, _ => keys[random.Next(Entities)])),
                        DataColumn.Create("t", Draw(rows, row => new Timestamp(978_307_200_000_000 + (row * 777_600L)))),
                        .. Values.Select(name => DataColumn.Create(name, Draw(rows, _ => (double)random.Next(1000)))),
                    ]),
                "all",
                stop);
        }

        var spine = new DataFrame(
            DataColumn.Create("k", Draw(SpineRows, _ => keys[random.Next(keys.Length)])),
            DataColumn.Create("t", Draw(SpineRows, _ => new Timestamp(978_307_200_000_000 + random.NextInt64(rows * 777_600L)))));
        context.Report("stored");
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 5, Operations = SpineRows, WarmUp = TimeSpan.FromSeconds(0.5) },
            [
                (one, async (_, _) => (await features.GetTrainingFrameAsync(spine, "t", "one", cancellationToken: stop)).Columns.Count),
                (ten, async (_, _) => (await features.GetTrainingFrameAsync(spine, "t", "ten", cancellationToken: stop)).Columns.Count),
            ],
            stop);
        double ratio = result.CpuRatio(ten, one);
        return ClaimResult.AtMost(ratio, 6, string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} x"), result.ToDetail("One spine row, 4 or 40 features", one));
    }

    private static T[] Draw<T>(int count, Func<int, T> draw)
    {
        var drawn = new T[count];
        for (int i = 0; i < count; i++)
            drawn[i] = draw(i);
        return drawn;
    }
}
