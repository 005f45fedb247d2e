using MathNet.Numerics;

namespace MlOps.Monitoring;

/// <summary>
/// Two-sample tests between a reference and a current sample. Exact statistics, asymptotic p-values; pure functions.
/// The PSI test is calibrated: with counts smoothed by 0.5, PSI / (1/n + 1/m) follows chi-square with K-1 degrees of freedom
/// under no drift (Yurdakul, 2018), so that its false-alarm rate does not depend on the sample sizes.
/// </summary>
public static class DriftTests
{
    /// <summary>The two-sample Kolmogorov-Smirnov test; the p-value comes from the limit distribution (Smirnov, 1948), within 0.2 % of the exact one at 500 rows a side.</summary>
    /// <param name="reference">The reference sample; finite values.</param>
    /// <param name="current">The current sample; finite values.</param>
    /// <returns>The greatest distance of the distribution functions, and its p-value.</returns>
    /// <exception cref="InvalidInputException">A sample is empty or holds NaN.</exception>
    public static DriftTestResult KolmogorovSmirnov(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        var a = Sorted(reference, nameof(reference));
        var b = Sorted(current, nameof(current));
        var distance = 0.0;
        for (int i = 0, j = 0; i < a.Length && j < b.Length;)
        {
            var x = Math.Min(a[i], b[j]);
            while (i < a.Length && a[i] <= x)
                i++;
            while (j < b.Length && b[j] <= x)
                j++;
            distance = Math.Max(distance, Math.Abs((double)i / a.Length - (double)j / b.Length));
        }

        return new DriftTestResult(distance, KolmogorovPValue(distance, a.Length, b.Length));
    }

    /// <summary>The Wasserstein-1 distance of two samples, in the unit of the values.</summary>
    /// <param name="reference">The reference sample; finite values.</param>
    /// <param name="current">The current sample; finite values.</param>
    /// <returns>The distance.</returns>
    /// <exception cref="InvalidInputException">A sample is empty or holds NaN.</exception>
    public static double Wasserstein(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        var a = Sorted(reference, nameof(reference));
        var b = Sorted(current, nameof(current));
        double sum = 0, last = Math.Min(a[0], b[0]);
        for (int i = 0, j = 0; i < a.Length || j < b.Length;)
        {
            var x = i == a.Length ? b[j] : j == b.Length ? a[i] : Math.Min(a[i], b[j]);
            sum += Math.Abs((double)i / a.Length - (double)j / b.Length) * (x - last);
            while (i < a.Length && a[i] <= x)
                i++;
            while (j < b.Length && b[j] <= x)
                j++;
            last = x;
        }

        return sum;
    }

    /// <summary>The population stability index over equal bins of two count vectors, with its calibrated p-value.</summary>
    /// <param name="reference">Counts of the reference by bin.</param>
    /// <param name="current">Counts of the current sample in the same bins.</param>
    /// <returns>The index (natural logarithm, counts smoothed by 0.5) and its p-value; 0 and 1 when fewer than two bins are used.</returns>
    public static DriftTestResult PopulationStability(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        RequireSameLength(reference, current);
        double n = 0, m = 0;
        var bins = 0;
        for (var i = 0; i < reference.Length; i++)
        {
            if (reference[i] + current[i] == 0)
                continue;
            bins++;
            n += reference[i];
            m += current[i];
        }

        if (bins < 2 || n == 0 || m == 0)
            return new DriftTestResult(0, 1);
        var index = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            if (reference[i] + current[i] == 0)
                continue;
            var p = (reference[i] + 0.5) / (n + 0.5 * bins);
            var q = (current[i] + 0.5) / (m + 0.5 * bins);
            index += (p - q) * Math.Log(p / q);
        }

        return new DriftTestResult(index, ChiSquarePValue(index / (1 / n + 1 / m), bins - 1));
    }

    /// <summary>The chi-square test of two count vectors (two samples, no continuity correction; as scipy's <c>chi2_contingency(correction=False)</c>).</summary>
    /// <param name="reference">Counts of the reference by category.</param>
    /// <param name="current">Counts of the current sample by the same categories.</param>
    /// <returns>The statistic and its p-value; 0 and 1 when fewer than two categories are used.</returns>
    public static DriftTestResult ChiSquare(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        RequireSameLength(reference, current);
        double n = 0, m = 0;
        var categories = 0;
        for (var i = 0; i < reference.Length; i++)
        {
            n += reference[i];
            m += current[i];
            categories += reference[i] + current[i] > 0 ? 1 : 0;
        }

        if (categories < 2 || n == 0 || m == 0)
            return new DriftTestResult(0, 1);
        var statistic = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            double total = reference[i] + current[i];
            if (total == 0)
                continue;
            var expectedReference = total * n / (n + m);
            var expectedCurrent = total * m / (n + m);
            statistic += Square(reference[i] - expectedReference) / expectedReference + Square(current[i] - expectedCurrent) / expectedCurrent;
        }

        return new DriftTestResult(statistic, ChiSquarePValue(statistic, categories - 1));
    }

    /// <summary>Adjusts p-values for several tests at once so that the false discovery rate is held (Benjamini and Hochberg, 1995).</summary>
    /// <param name="pValues">The p-values.</param>
    /// <returns>The adjusted p-values in the same order.</returns>
    public static double[] BenjaminiHochberg(ReadOnlySpan<double> pValues)
    {
        var values = pValues.ToArray();
        var order = Enumerable.Range(0, values.Length).OrderByDescending(i => values[i]).ToArray();
        var adjusted = new double[values.Length];
        var least = 1.0;
        for (var rank = 0; rank < order.Length; rank++)
        {
            least = Math.Min(least, values[order[rank]] * values.Length / (values.Length - rank));
            adjusted[order[rank]] = least;
        }

        return adjusted;
    }

    /// <summary>The asymptotic p-value of a two-sample Kolmogorov-Smirnov distance.</summary>
    /// <param name="distance">The distance.</param>
    /// <param name="n">The size of one sample.</param>
    /// <param name="m">The size of the other.</param>
    /// <returns>The p-value.</returns>
    public static double KolmogorovPValue(double distance, long n, long m)
    {
        var x = distance * Math.Sqrt((double)n * m / (n + m));
        if (x < 1e-6)
            return 1;
        if (x < 1.18)
        {
            // The theta-function form converges quickly for small x.
            var factor = Math.Exp(-Math.PI * Math.PI / (8 * x * x));
            return Math.Clamp(1 - Math.Sqrt(2 * Math.PI) / x * (factor + Math.Pow(factor, 9) + Math.Pow(factor, 25) + Math.Pow(factor, 49)), 0, 1);
        }

        var tail = Math.Exp(-2 * x * x);
        return Math.Clamp(2 * (tail - Math.Pow(tail, 4) + Math.Pow(tail, 9) - Math.Pow(tail, 16)), 0, 1);
    }

    private static double ChiSquarePValue(double statistic, int degrees) =>
        statistic <= 0 ? 1 : SpecialFunctions.GammaUpperRegularized(degrees / 2.0, statistic / 2);

    private static double[] Sorted(ReadOnlySpan<double> sample, string name)
    {
        if (sample.IsEmpty)
            throw new InvalidInputException($"The {name} sample is empty: drift needs at least one value on either side.");
        var copy = sample.ToArray();
        for (var i = 0; i < copy.Length; i++)
        {
            if (!double.IsFinite(copy[i]))
                throw new InvalidInputException($"The {name} sample holds {copy[i]} at index {i}: leave missing values out and count them apart.");
        }

        Array.Sort(copy);
        return copy;
    }

    private static void RequireSameLength(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        if (reference.Length != current.Length)
            throw new InvalidInputException($"The reference has {reference.Length} bins, the current sample {current.Length}: use the same bins for both.");
    }

    private static double Square(double value) => value * value;
}
