using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.Features;

namespace MlOps.Benchmarks.Claims.Features;

internal static class WindowClaims
{
    private const int Rows = 10_000_000;
    private const int Entities = 100_000;

    // Small enough for the caches, and each column for the small-object heap.
    private const int BatchRows = 8192;

    public static IEnumerable<IClaim> All =>
    [
        new Claim(
            "features.windows",
            "rows per CPU second of count, sum, min, max and last over 7 days, hop 1 h, at each of 10,000,000 stored rows of 100,000 entities, read from the store; beside it a hand-written sweep over sorted arrays, equal checksums",
            "at least 15 M/s",
            MeasureAsync),
    ];

    private static async Task<ClaimResult> MeasureAsync(ClaimContext context, CancellationToken stop)
    {
        const string store = "feature store";
        const string byHand = "sweep over sorted arrays";
        await using var host = new ClaimHost(context.Folder, mlops => mlops.AddFeatureView("view", view => view.Key("k").EventTime("t")
            .Aggregate(
                "x", [AggregateFunction.Count, AggregateFunction.Sum, AggregateFunction.Min, AggregateFunction.Max, FeatureAggregate.LastN(1)], scale: 1,
                windows: new FeatureWindow(TimeSpan.FromDays(7), TimeSpan.FromHours(1)))));
        var features = host.Environment.Features;
        var random = new Random(context.Seed);
        string[] names = [.. Enumerable.Range(0, Entities).Select(i => $"e{i:D6}")];
        int[] entity = new int[Rows];
        var times = new Timestamp[Rows];
        double[] values = new double[Rows];
        for (int row = 0; row < Rows; row++)
        {
            entity[row] = random.Next(Entities);
            times[row] = new Timestamp(978_307_200_000_000 + (row * 777_600L));
            values[row] = random.Next(1000);
        }

        await features.IngestAsync(
            "view", new DataFrame(DataColumn.Create("k", Array.ConvertAll(entity, e => names[e])), DataColumn.Create("t", times), DataColumn.Create("x", values)), "all", stop);
        var arrays = new WindowArrays(entity, times, values, Entities);
        context.Report("stored");
        // Compared once; summing up costs as much as the windows do.
        (double Count, double Sum) byStore = (0, await ChecksumAsync(features, stop)), byArrays = (0, WindowArrays.Checksum(arrays.Run()));
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = 3, Operations = Rows, WarmUp = TimeSpan.FromSeconds(0.5) },
            [
                (store, async (_, _) =>
                {
                    byStore.Count = 0;
                    await foreach (var batch in features.Spines.FeaturesAtEventsAsync("view", Timestamp.MinValue, Timestamp.MaxValue, batchRows: BatchRows, cancellationToken: stop))
                        byStore.Count += batch.RowCount;
                    return (long)byStore.Count;
                }),
                (byHand, (_, _) =>
                {
                    byArrays.Count = arrays.Run()[0].Length;
                    return Task.FromResult((long)byArrays.Count);
                }),
            ],
            stop);
        if (byStore != byArrays)
            throw new InvalidOperationException($"The store made {byStore}, the arrays {byArrays}.");
        double rate = 1e9 / result[store].CpuNanoseconds;
        return ClaimResult.AtLeast(
            rate, 15e6, string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:F1} M/s ({result.CpuRatio(store, byHand):F2} x the sweep's CPU)"),
            result.ToDetail("One row with five windowed features", byHand));
    }

    private static async Task<double> ChecksumAsync(IFeatureStore features, CancellationToken stop)
    {
        double sum = 0;
        await foreach (var batch in features.Spines.FeaturesAtEventsAsync("view", Timestamp.MinValue, Timestamp.MaxValue, cancellationToken: stop))
            sum += WindowArrays.Checksum([.. batch.Columns.Skip(2).Select(column => ((DataColumn<float>)column).Memory)]);
        return sum;
    }
}
