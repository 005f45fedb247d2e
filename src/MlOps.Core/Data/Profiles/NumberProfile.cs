namespace MlOps;

/// <summary>Statistics of the finite values of a column. Quantiles are type 7 of Hyndman and Fan (1996): numpy's and R's default, "linear".</summary>
/// <param name="Count">How many values are finite.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="StandardDeviation">Their sample standard deviation (n - 1); 0 for a single value.</param>
/// <param name="Min">The smallest.</param>
/// <param name="P25">The lower quartile.</param>
/// <param name="Median">The median.</param>
/// <param name="P75">The upper quartile.</param>
/// <param name="Max">The greatest.</param>
/// <param name="Edges">Bounds of the ranges of equal width; two equal ones when all values are.</param>
/// <param name="Counts">How many values lie in each range.</param>
public sealed record NumberProfile(
    int Count, double Mean, double StandardDeviation, double Min, double P25, double Median, double P75, double Max, IReadOnlyList<double> Edges, IReadOnlyList<double> Counts)
{
    /// <summary>The first percentile.</summary>
    public double P01 { get; init; }

    /// <summary>The fifth percentile.</summary>
    public double P05 { get; init; }

    /// <summary>The 95th percentile.</summary>
    public double P95 { get; init; }

    /// <summary>The 99th percentile.</summary>
    public double P99 { get; init; }

    /// <summary>How many values are zero.</summary>
    public int Zeros { get; init; }

    /// <summary>How many values are infinite; they are in no other figure.</summary>
    public int Infinite { get; init; }

    /// <summary>Whether the quantiles come from a sample; all other figures are of all values.</summary>
    public bool QuantilesAreEstimates { get; init; }

    internal static NumberProfile? Of(double[] values, DataProfileOptions options)
    {
        var (count, zeros, infinite, low, high, sum) = (0, 0, 0, double.PositiveInfinity, double.NegativeInfinity, 0.0);
        foreach (var value in values)
        {
            if (!double.IsFinite(value))
            {
                infinite += double.IsInfinity(value) ? 1 : 0;
                continue;
            }

            count++;
            zeros += value == 0 ? 1 : 0;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        if (count == 0)
            return null;

        // Around the middle of the range, so that neither huge values overflow the sum nor a far offset eats the digits of the differences.
        var center = (low / 2) + (high / 2);
        foreach (var value in values)
        {
            if (double.IsFinite(value))
                sum += (value - center) / count;
        }

        var mean = center + sum;
        var (squares, rest) = (0.0, 0.0);
        var ranges = high > low ? options.HistogramRanges : 1;
        var width = high - low;
        var counts = new double[ranges];
        foreach (var value in values)
        {
            if (!double.IsFinite(value))
                continue;
            var delta = value - mean;
            squares += delta * delta;
            rest += delta;
            counts[ranges == 1 ? 0 : Math.Clamp((int)(double.IsFinite(width) ? (value - low) / width * ranges : ((value / 2) - (low / 2)) / ((high / 2) - (low / 2)) * ranges), 0, ranges - 1)]++;
        }

        // The corrected two-pass formula (Chan, Golub and LeVeque, 1983).
        var variance = count > 1 ? Math.Max(0, squares - (rest * rest / count)) / (count - 1) : 0;
        var edges = Enumerable.Range(0, ranges + 1).Select(i => i == ranges ? high : low + (((high / 2) - (low / 2)) * i / ranges * 2)).ToArray();
        var sorted = Sample(values, count, options.MaxQuantileRows);
        Array.Sort(sorted);
        return new NumberProfile(count, mean, Math.Sqrt(variance), low, At(sorted, 0.25), At(sorted, 0.5), At(sorted, 0.75), high, edges, counts)
        {
            P01 = At(sorted, 0.01),
            P05 = At(sorted, 0.05),
            P95 = At(sorted, 0.95),
            P99 = At(sorted, 0.99),
            Zeros = zeros,
            Infinite = infinite,
            QuantilesAreEstimates = sorted.Length < count,
        };
    }

    private static double At(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        var part = place - below;
        return part == 0 || sorted[below] == sorted[above] ? sorted[below] : (sorted[below] * (1 - part)) + (sorted[above] * part);
    }

    private static double[] Sample(double[] values, int count, int most)
    {
        var sample = new double[Math.Min(count, most)];
        var (seen, taken) = (0L, 0);
        foreach (var value in values)
        {
            if (!double.IsFinite(value))
                continue;
            if (seen * sample.Length / count == taken && taken < sample.Length)
                sample[taken++] = value;
            seen++;
        }

        return sample;
    }
}
