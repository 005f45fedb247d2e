using System.Globalization;
using MlOps.Benchmarks.Measuring;

namespace MlOps.Benchmarks.Claims.Features;

/// <summary>The same point-in-time join by the store, by hand over arrays, and by DuckDB's ASOF join.</summary>
internal static class JoinComparison
{
    private const string Store = "feature store";
    private const string ByHand = "array merge";

    public static async Task<ClaimResult> MeasureAsync(ClaimContext context, string against, double bound, CancellationToken stop)
    {
        const int spineRows = 1_000_000;
        await using var world = await JoinWorld.CreateAsync(context.Folder, 10_000_000, spineRows, 100_000, stop);
        GC.Collect();
        context.Report("stored");
        (long Matches, double Sum) byStore = default, other = default;
        var result = await Paired.MeasureAsync(
            new PairedOptions { Rounds = against == ByHand ? 7 : 3, Operations = spineRows, WarmUp = TimeSpan.FromSeconds(0.5) },
            [
                (Store, async (_, _) =>
                {
                    byStore = Checksum(JoinWorld.Answer(await world.JoinAsync(stop)));
                    return byStore.Matches;
                }),
                (against, async (_, _) =>
                {
                    other = Checksum(against == ByHand ? world.Merge.Join(world.Spine) : JoinWorld.Answer(await world.AsOfAsync(stop)));
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

    private static (long Matches, double Sum) Checksum(ReadOnlyMemory<float>[] columns)
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
}
