namespace MlOps.Registry;

/// <summary>Which of the eight artifact kinds a version has.</summary>
/// <param name="Present">The kinds that have at least one artifact.</param>
/// <param name="Missing">The kinds that have none.</param>
public sealed record CompletenessReport(IReadOnlyList<ModelArtifactKind> Present, IReadOnlyList<ModelArtifactKind> Missing)
{
    /// <summary>Whether all eight are there.</summary>
    public bool IsComplete => Missing.Count == 0;
}
