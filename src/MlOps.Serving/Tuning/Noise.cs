namespace MlOps.Serving;

/// <summary>Statistics that a few slow outliers of a shared machine do not upset.</summary>
internal static class Noise
{
    public static double Median(ReadOnlySpan<double> values) => Quantile(values, 0.5);

    /// <summary>A quantile by linear interpolation.</summary>
    public static double Quantile(ReadOnlySpan<double> values, double share)
    {
        if (values.IsEmpty)
            return double.NaN;
        var sorted = values.ToArray();
        Array.Sort(sorted);
        var place = (sorted.Length - 1) * share;
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }

    /// <summary>Half of the distance between the quartiles over the median, scaled to what a normal distribution's standard deviation would be.</summary>
    public static double Variation(ReadOnlySpan<double> values)
    {
        if (values.Length < 2)
            return double.NaN;
        return (Quantile(values, 0.75) - Quantile(values, 0.25)) / 1.349 / Median(values);
    }

    /// <summary>
    /// An interval that holds the median of what was sampled with at least the given confidence, whatever its distribution: order
    /// statistics by the binomial distribution of how many of them lie below it. Unbounded where there are too few values.
    /// </summary>
    public static (double Low, double High) MedianInterval(ReadOnlySpan<double> values, double confidence = 0.95)
    {
        var n = values.Length;
        var tail = Math.Pow(0.5, n);
        if (n == 0 || 2 * tail > 1 - confidence)
            return (double.NegativeInfinity, double.PositiveInfinity);

        // The most values that may be left out at each end: P(Binomial(n, 1/2) <= k) stays within half of the error.
        var k = 0;
        var probability = tail;
        while (true)
        {
            probability *= (double)(n - k) / (k + 1);
            if (2 * (tail + probability) > 1 - confidence)
                break;
            tail += probability;
            k++;
        }

        var sorted = values.ToArray();
        Array.Sort(sorted);
        return (sorted[k], sorted[n - 1 - k]);
    }
}
