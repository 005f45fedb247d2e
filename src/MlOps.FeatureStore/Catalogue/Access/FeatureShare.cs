namespace MlOps.Features;

/// <summary>
/// That features are shared with an audience. Of the shares that match a caller, those of the most specific kind decide (user, then group, then
/// role, then everyone), and of these the widest. Without one that matches, nothing is visible.
/// </summary>
/// <param name="Audience">With whom.</param>
/// <param name="Visibility">How far.</param>
public sealed record FeatureShare(FeatureAudience Audience, FeatureVisibility Visibility)
{
    /// <inheritdoc />
    public override string ToString() => $"{Audience} {Visibility}";
}
