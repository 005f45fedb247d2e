namespace MlOps;

/// <summary>Distances of two vectors of counts over the same bins.</summary>
internal static class Distribution
{
    /// <summary>The population stability index over neighbouring bins put together to some of near equal weight in the reference; counts smoothed by 0.5.</summary>
    public static double PopulationStability(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, int bins)
    {
        var (total, passed) = (Sum(reference), 0L);
        var pairs = new List<(double Reference, double Current)>(bins);
        var (left, right) = (0L, 0L);
        for (var i = 0; i < reference.Length; i++)
        {
            left += reference[i];
            right += current[i];
            passed += reference[i];
            if (i < reference.Length - 1 && passed < (pairs.Count + 1L) * total / bins)
                continue;
            pairs.Add((left, right));
            (left, right) = (0, 0);
        }

        double n = pairs.Sum(pair => pair.Reference + 0.5), m = pairs.Sum(pair => pair.Current + 0.5);
        var index = 0.0;
        foreach (var (a, b) in pairs)
        {
            var (p, q) = ((a + 0.5) / n, (b + 0.5) / m);
            index += (p - q) * Math.Log(p / q);
        }

        return index;
    }

    /// <summary>The greatest distance of the two distribution functions at the bins' edges.</summary>
    public static double KolmogorovSmirnov(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        double n = Sum(reference), m = Sum(current);
        var (a, b, distance) = (0L, 0L, 0.0);
        for (var i = 0; i < reference.Length; i++)
        {
            a += reference[i];
            b += current[i];
            distance = Math.Max(distance, Math.Abs((a / n) - (b / m)));
        }

        return distance;
    }

    /// <summary>Half the sum of the differences of shares.</summary>
    public static double TotalVariation(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        double n = Sum(reference), m = Sum(current);
        var distance = 0.0;
        for (var i = 0; i < reference.Length; i++)
            distance += Math.Abs((reference[i] / n) - (current[i] / m));
        return distance / 2;
    }

    /// <summary>The p-value of the chi-square test of homogeneity (two samples, no continuity correction); 1 when fewer than two bins are used.</summary>
    public static double ChiSquarePValue(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        double n = Sum(reference), m = Sum(current);
        var (statistic, used) = (0.0, 0);
        for (var i = 0; i < reference.Length; i++)
        {
            double both = reference[i] + current[i];
            if (both == 0)
                continue;
            used++;
            var (a, b) = (both * n / (n + m), both * m / (n + m));
            statistic += ((reference[i] - a) * (reference[i] - a) / a) + ((current[i] - b) * (current[i] - b) / b);
        }

        return used < 2 ? 1 : UpperGamma((used - 1) / 2.0, statistic / 2);
    }

    /// <summary>
    /// The regularised upper incomplete gamma function Q(a, x): the series of the lower one below a + 1, the continued fraction (by Lentz's
    /// method) above; Abramowitz and Stegun 6.5.29 and 6.5.31.
    /// </summary>
    public static double UpperGamma(double a, double x)
    {
        if (x <= 0)
            return 1;
        var front = Math.Exp((a * Math.Log(x)) - x - LogGamma(a));
        if (x < a + 1)
        {
            var term = 1 / a;
            var sum = term;
            for (var n = 1; n < 100_000 && term > sum * 1e-17; n++)
                sum += term *= x / (a + n);
            return Math.Clamp(1 - (front * sum), 0, 1);
        }

        var b = x + 1 - a;
        var c = 1e300;
        var d = 1 / b;
        var fraction = d;
        for (var n = 1; n < 100_000; n++)
        {
            var an = -n * (n - a);
            b += 2;
            d = 1 / NotZero((an * d) + b);
            c = NotZero(b + (an / c));
            fraction *= c * d;
            if (Math.Abs((c * d) - 1) < 1e-16)
                break;
        }

        return Math.Clamp(front * fraction, 0, 1);
    }

    // Stirling's series, after the argument is raised to where it converges.
    private static double LogGamma(double a)
    {
        var shift = 0.0;
        for (; a < 15; a++)
            shift += Math.Log(a);
        var inverse = 1 / (a * a);
        var series = ((((((inverse / 1188) - (1.0 / 1680)) * inverse) + (1.0 / 1260)) * inverse) - (1.0 / 360)) * inverse;
        return ((a - 0.5) * Math.Log(a)) - a + (0.5 * Math.Log(2 * Math.PI)) + ((series + (1.0 / 12)) / a) - shift;
    }

    private static double NotZero(double value) => Math.Abs(value) < 1e-300 ? 1e-300 : value;

    private static long Sum(ReadOnlySpan<long> counts)
    {
        var sum = 0L;
        foreach (var count in counts)
            sum += count;
        return sum;
    }
}
