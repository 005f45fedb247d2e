namespace MlOps.Learning;

/// <summary>The logistic function and its loss, without overflow at either end.</summary>
internal static class Logistic
{
    public static double Sigmoid(double score)
    {
        double e = Math.Exp(-Math.Abs(score));
        return score >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    /// <summary>-log of the probability that a score in log-odds gives to a label of 0 or 1.</summary>
    public static double Loss(double score, double label) =>
        Math.Max(score, 0) - (score * label) + LogOnePlus(Math.Exp(-Math.Abs(score)));

    /// <summary>log(1 + x) without losing small x (Kahan's correction; .NET has no log1p for double).</summary>
    public static double LogOnePlus(double x)
    {
        double u = 1 + x;
        return u == 1 ? x : Math.Log(u) * (x / (u - 1));
    }
}
