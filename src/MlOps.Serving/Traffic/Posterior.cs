namespace MlOps.Serving;

/// <summary>What is believed of a variant's expected reward after its rewards.</summary>
internal static class Posterior
{
    /// <summary>Beta(alpha, beta) of a success rate.</summary>
    public static (double Alpha, double Beta) Bernoulli(in ArmStatistics arm, BanditOptions prior) =>
        (prior.PriorSuccesses + arm.Sum, prior.PriorFailures + arm.Count - arm.Sum);

    /// <summary>
    /// Normal-inverse-gamma after n rewards (Murphy 2007, section 6, equations 197 to 200), with one pseudo-observation for the mean (kappa 1)
    /// and a variance worth two (alpha 1, beta the believed variance).
    /// </summary>
    public static (double Mean, double Kappa, double Alpha, double Beta) Gaussian(in ArmStatistics arm, BanditOptions prior)
    {
        const double kappa = 1, alpha = 1;
        var beta = prior.PriorDeviation * prior.PriorDeviation;
        var n = (double)arm.Count;
        var away = arm.Mean - prior.PriorMean;
        return (
            ((kappa * prior.PriorMean) + (n * arm.Mean)) / (kappa + n),
            kappa + n,
            alpha + (n / 2),
            beta + (arm.Squares / 2) + (kappa * n * away * away / (2 * (kappa + n))));
    }
}
