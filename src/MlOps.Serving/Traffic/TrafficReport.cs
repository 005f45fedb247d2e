namespace MlOps.Serving;

/// <summary>What an endpoint serves and how its variants do.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Revision">The revision of its traffic; counts are of this revision only.</param>
/// <param name="Policy">The traffic.</param>
/// <param name="Since">When the revision began.</param>
/// <param name="Variants">The variants; empty counts where one version serves alone.</param>
/// <param name="Arms">What a bandit has learnt; empty for other policies.</param>
/// <param name="Shadow">The comparison with the shadow; null without one.</param>
public sealed record TrafficReport(
    string Endpoint, long Revision, TrafficPolicy Policy, Timestamp Since, IReadOnlyList<VariantReport> Variants, IReadOnlyList<ArmReport> Arms, ShadowReport? Shadow)
{
    /// <summary>A variant by name.</summary>
    /// <param name="variant">The name.</param>
    /// <exception cref="NotFoundException">There is none.</exception>
    public VariantReport this[string variant] => Variants.FirstOrDefault(candidate => candidate.Variant == variant)
        ?? throw new NotFoundException($"Endpoint '{Endpoint}' has no variant '{variant}'. {NearestNames.Describe(variant, Variants.Select(candidate => candidate.Variant))}");
}
