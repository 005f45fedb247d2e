namespace MlOps.Features;

/// <summary>How far served values lie from recomputed ones, over the mismatches where both are there: quantiles of served minus recomputed.</summary>
/// <param name="P5">5 % of the differences are at most this.</param>
/// <param name="Median">Half of them.</param>
/// <param name="P95">95 % of them.</param>
/// <param name="LargestMagnitude">The largest without its sign.</param>
public readonly record struct SkewDelta(double P5, double Median, double P95, double LargestMagnitude)
{
    internal static SkewDelta Of(List<double> deltas)
    {
        if (deltas.Count == 0)
            return default;
        var sorted = deltas.ToArray();
        Array.Sort(sorted);
        return new SkewDelta(At(0.05), At(0.5), At(0.95), Math.Max(Math.Abs(sorted[0]), Math.Abs(sorted[^1])));

        // The nearest rank.
        double At(double rank) => sorted[Math.Clamp((int)Math.Ceiling(rank * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
