namespace MlOps;

/// <summary>Statistics of the finite values of a column. Quantiles are type 7 of Hyndman and Fan (1996).</summary>
/// <param name="Count">How many values are finite.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="StandardDeviation">Their sample standard deviation; 0 for a single value.</param>
/// <param name="Min">The smallest.</param>
/// <param name="P25">The lower quartile.</param>
/// <param name="Median">The median.</param>
/// <param name="P75">The upper quartile.</param>
/// <param name="Max">The greatest.</param>
/// <param name="Edges">Bounds of twenty ranges of equal width; two equal ones when all values are.</param>
/// <param name="Counts">How many values lie in each range.</param>
public sealed record NumberProfile(
    int Count, double Mean, double StandardDeviation, double Min, double P25, double Median, double P75, double Max, IReadOnlyList<double> Edges, IReadOnlyList<double> Counts)
{
    private const int Ranges = 20;

    internal static NumberProfile? Of(double[] values)
    {
        var sorted = Array.FindAll(values, double.IsFinite);
        if (sorted.Length == 0)
            return null;
        Array.Sort(sorted);
        var (mean, squares) = (0.0, 0.0);
        for (var i = 0; i < sorted.Length; i++)
        {
            var delta = sorted[i] - mean;
            mean += delta / (i + 1);
            squares += delta * (sorted[i] - mean);
        }

        var (low, high) = (sorted[0], sorted[^1]);
        var ranges = high > low ? Ranges : 1;
        var edges = Enumerable.Range(0, ranges + 1).Select(i => i == ranges ? high : low + ((high - low) * i / ranges)).ToArray();
        var counts = new double[ranges];
        foreach (var value in sorted)
            counts[ranges == 1 ? 0 : Math.Clamp((int)((value - low) / (high - low) * ranges), 0, ranges - 1)]++;
        return new NumberProfile(
            sorted.Length, mean, sorted.Length > 1 ? Math.Sqrt(squares / (sorted.Length - 1)) : 0, low, At(0.25), At(0.5), At(0.75), high, edges, counts);

        double At(double share)
        {
            var place = share * (sorted.Length - 1);
            var below = (int)place;
            var above = Math.Min(below + 1, sorted.Length - 1);
            return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
        }
    }
}
