namespace MlOps.Features;

/// <summary>A version of a view.</summary>
/// <param name="Version">The version.</param>
/// <param name="Hash">The definition's hash.</param>
/// <param name="RecordedAt">When it was first recorded.</param>
/// <param name="Features">The features that the caller may see.</param>
public sealed record CatalogueVersion(int Version, string Hash, Timestamp RecordedAt, IReadOnlyList<string> Features);
