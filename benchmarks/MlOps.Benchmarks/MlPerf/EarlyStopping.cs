namespace MlOps.Benchmarks.MlPerf;

/// <summary>
/// MLPerf's early stopping: a percentile is estimated pessimistically by discarding as many of the highest latencies as the binomial
/// distribution allows at 99 % confidence, so that fewer queries give a larger estimate, never a flattering one.
/// </summary>
internal static class EarlyStopping
{
    private const double Error = 0.01;

    /// <summary>How many of the highest may be discarded: the most t with P(Binomial(n, 1 - p) &lt;= t) at most 1 %; -1 when n is too small for any estimate.</summary>
    public static int Discard(int queries, double percentile)
    {
        double over = 1 - percentile;
        double term = Math.Exp(queries * Math.Log(percentile));
        double sum = term;
        int t = -1;
        while (sum <= Error && t + 1 < queries)
        {
            t++;
            term *= (queries - t) / (t + 1.0) * over / percentile;
            sum += term;
        }

        return t;
    }

    /// <summary>The estimate in the unit of the latencies; NaN when there are too few.</summary>
    public static double Estimate(double[] latencies, double percentile)
    {
        int discard = Discard(latencies.Length, percentile);
        if (discard < 0)
            return double.NaN;
        double[] sorted = (double[])latencies.Clone();
        Array.Sort(sorted);
        return sorted[sorted.Length - 1 - discard];
    }

    /// <summary>Whether a run shows that at most one in a hundred latencies is over the bound.</summary>
    public static bool Keeps(int queries, int over, double percentile) => over <= Discard(queries, percentile);
}
