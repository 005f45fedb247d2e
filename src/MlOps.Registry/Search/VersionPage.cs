namespace MlOps.Registry;

/// <summary>A page of versions.</summary>
/// <param name="Versions">The versions in order.</param>
/// <param name="NextCursor">Where the next page begins; null after the last one.</param>
public sealed record VersionPage(IReadOnlyList<ModelVersion> Versions, string? NextCursor);
