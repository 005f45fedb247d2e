namespace MlOps.Features;

/// <summary>What decides who sees a feature.</summary>
internal sealed record Governance(string? Owner, IReadOnlyList<FeatureShare> Sharing)
{
    public static Governance Closed { get; } = new(null, []);

    public FeatureVisibility For(CallerSight sight) => sight.Of(Owner, Sharing);
}
