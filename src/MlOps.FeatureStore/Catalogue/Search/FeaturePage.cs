namespace MlOps.Features;

/// <summary>Some of what was found, best first: where the name matches, then by how many services use it.</summary>
/// <param name="Hits">The hits of this page.</param>
/// <param name="Total">How many there are that the caller may see.</param>
public sealed record FeaturePage(IReadOnlyList<FeatureHit> Hits, int Total);
