namespace MlOps.Serving;

/// <summary>What a bandit knows of a variant, from the rewards of all processes.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Version">Its version.</param>
/// <param name="Rewards">Rewards reported.</param>
/// <param name="Mean">Their mean; NaN without any.</param>
/// <param name="Variance">Their variance (over n); NaN without any.</param>
/// <param name="Best">The probability that this variant has the largest expected reward, for Thompson sampling by 10,000 draws; otherwise 1 for the best mean and 0 for the others.</param>
public sealed record ArmReport(string Variant, ModelVersionRef Version, long Rewards, double Mean, double Variance, double Best);
