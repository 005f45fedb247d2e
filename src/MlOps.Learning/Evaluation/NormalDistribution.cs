namespace MlOps.Learning;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    /// <summary>The probability of a value above <paramref name="z"/>; accurate far into the tail.</summary>
    public static double UpperTail(double z) => 0.5 * Erfc(z / Math.Sqrt(2));

    /// <summary>The value with probability <paramref name="p"/> below it.</summary>
    public static double Quantile(double p)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(p, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(p, 1);
        if (p > 0.5)
            return -Quantile(1 - p);

        // Newton on log P(Z < z), which is concave, from below: it never overshoots.
        double target = Math.Log(p);
        double z = -Math.Sqrt(-2 * target);
        for (int i = 0; i < 60; i++)
        {
            double tail = UpperTail(-z);
            double density = Math.Exp(-0.5 * z * z) / Math.Sqrt(2 * Math.PI);
            double step = (target - Math.Log(tail)) * tail / density;
            z += step;
            if (Math.Abs(step) < 1e-14 * (1 + Math.Abs(z)))
                break;
        }

        return z;
    }

    private static double Erfc(double x)
    {
        if (x < 0)
            return 2 - Erfc(-x);
        if (x < 2)
        {
            // Series of erf with positive terms only (Abramowitz and Stegun 7.1.6).
            double term = x;
            double sum = x;
            for (int n = 1; n < 200 && term > 1e-18 * sum; n++)
            {
                term *= 2 * x * x / ((2 * n) + 1);
                sum += term;
            }

            return 1 - (2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum);
        }

        // Continued fraction (Abramowitz and Stegun 7.1.14), from its far end.
        double fraction = 0;
        for (int n = 120; n > 0; n--)
            fraction = n / 2.0 / (x + fraction);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + fraction);
    }
}
