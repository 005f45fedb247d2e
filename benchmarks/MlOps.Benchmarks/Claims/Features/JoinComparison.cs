using System.Globalization;
using MlOps.Benchmarks.Claims.Support;
using MlOps.Benchmarks.Measuring;
using MlOps.DuckDb;
using MlOps.Features;

namespace MlOps.Benchmarks.Claims.Features;

/// <summary>The same point-in-time join by the store, by hand over arrays, and by DuckDB's ASOF join.</summary>
internal static class JoinComparison
{
    private const string Store = "feature store";
    private const string ByHand = "array merge";
    private const string DuckDb = "DuckDB ASOF";
    private const long TimeToLive = 12L * 3600 * 1_000_000;

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, string against, double bound, CancellationToken stop)
    {
        const int rows = 10_000_000, spineRows = 1_000_000, entities = 100_000;
        using var lake = new DuckDbLake();
        await GenerateAsync(lake, rows, spineRows, entities, stop);
        context.Report("generated");
        await using var host = new ClaimHost(context.Folder, mlops => mlops
            .AddFeatureView("view", view =>
            {
                view.Key("k").EventTime("t");
                foreach (string value in new[] { "a", "b", "c", "d" })
                    view.LastValue(value, TimeSpan.FromHours(12));
            })
            .AddFeatureService("service", service => service.View("view")));
        var store = host.Environment.Features;
        var history = await lake.ReadAsync("SELECT k, t, a, b, c, d FROM f ORDER BY i", cancellationToken: stop);
        await store.IngestAsync("view", history, "all", stop);
        context.Report("ingested");
        var spine = await lake.ReadAsync("SELECT k, t FROM s ORDER BY i", cancellationToken: stop);
        var merge = against == ByHand ? new ArrayMerge(history, TimeToLive) : null;
        history = null!;
        GC.Collect();

        (long Matches, double Sum) byStore = default, other = default;
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = against == ByHand ? 7 : 3, Operations = spineRows, WarmUp = TimeSpan.FromSeconds(0.5) },
            [
                (Store, async (_, _) =>
                {
                    var frame = await store.GetTrainingFrameAsync(spine, "t", "service", cancellationToken: stop);
                    byStore = Checksum(frame);
                    return byStore.Matches;
                }),
                (against, async (_, _) =>
                {
                    other = merge is null ? Checksum(await AsOfAsync(lake, stop)) : Checksum(merge.Join(spine));
                    return other.Matches;
                }),
            ],
            stop);
        if (byStore != other)
            throw new InvalidOperationException($"The store found {byStore}, {against} {other}.");

        double ratio = result.CpuRatio(Store, against);
        double rate = 1e3 / result[Store].CpuNanoseconds;
        string rows1 = string.Create(CultureInfo.InvariantCulture, $"({rate:F2} M rows/CPU s)");
        var detail = result.ToDetail(
            string.Create(CultureInfo.InvariantCulture, $"One spine row; {byStore.Matches:N0} of {spineRows:N0} matched on both sides, checksum {byStore.Sum:F0}"), against);
        return against == ByHand
            ? ClaimResult.AtMost(ratio, bound, string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} x {rows1}"), detail)
            : ClaimResult.AtLeast(1 / ratio, bound, string.Create(CultureInfo.InvariantCulture, $"{1 / ratio:F1} x {rows1}"), detail);
    }

    // Times lie 0.7776 s apart; one in eleven spine rows asks for an entity that the store has never seen.
    internal static async Task GenerateAsync(DuckDbLake lake, int rows, int spineRows, int entities, CancellationToken stop)
    {
        string times = "make_timestamp(978307200000000 + ({0}))";
        await lake.ReadAsync(
            $"""
            CREATE TABLE f AS SELECT i, 'e' || (hash(i) % {entities}) AS k, {string.Format(CultureInfo.InvariantCulture, times, "i * 777600")} AS t,
              (hash(i + 1) % 1000)::DOUBLE AS a, (hash(i + 2) % 1000)::DOUBLE AS b, (hash(i + 3) % 1000)::DOUBLE AS c, (hash(i + 4) % 1000)::DOUBLE AS d
            FROM range({rows}) r(i)
            """,
            cancellationToken: stop);
        await lake.ReadAsync(
            $"""
            CREATE TABLE s AS SELECT i, 'e' || (hash(i + 7) % {entities * 11L / 10}) AS k,
              {string.Format(CultureInfo.InvariantCulture, times, $"(hash(i + 8) % {rows * 777600L})::BIGINT")} AS t
            FROM range({spineRows}) r(i)
            """,
            cancellationToken: stop);
    }

    internal static (long Matches, double Sum) Checksum(DataFrame frame)
    {
        var columns = frame.Columns.OfType<DataColumn<float>>().TakeLast(4).Select(column => column.Memory).ToArray();
        return Checksum(columns);
    }

    internal static (long Matches, double Sum) Checksum(ReadOnlyMemory<float>[] columns)
    {
        long matches = 0;
        double sum = 0;
        for (int c = 0; c < columns.Length; c++)
        {
            var values = columns[c].Span;
            for (int row = 0; row < values.Length; row++)
            {
                if (float.IsNaN(values[row]))
                    continue;
                matches += c == 0 ? 1 : 0;
                sum += (c + 1) * (double)values[row] * (1 + (row % 7));
            }
        }

        return (matches, sum);
    }

    private static Task<DataFrame> AsOfAsync(DuckDbLake lake, CancellationToken stop) => lake.ReadAsync(
        $"""
        SELECT {string.Join(", ", new[] { "a", "b", "c", "d" }.Select(name => $"coalesce(CASE WHEN epoch_us(s.t) - epoch_us(f.t) <= {TimeToLive} THEN f.{name} END, 'NaN')::FLOAT AS {name}"))}
        FROM s ASOF LEFT JOIN f ON s.k = f.k AND s.t >= f.t ORDER BY s.i
        """,
        cancellationToken: stop);
}
