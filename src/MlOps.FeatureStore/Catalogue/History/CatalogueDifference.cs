namespace MlOps.Features;

/// <summary>One thing that is said differently.</summary>
/// <param name="Feature">The feature; null for the view or service itself.</param>
/// <param name="Field">What, for instance <c>owner</c> or <c>sharing</c>.</param>
/// <param name="Before">Before; null when nothing was said.</param>
/// <param name="After">After; null when nothing is said any more.</param>
public sealed record CatalogueDifference(string? Feature, string Field, string? Before, string? After);
