namespace MlOps.Registry;

/// <summary>An artifact of two versions.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Baseline">Its content in the version compared with, or null.</param>
/// <param name="Candidate">Its content in the version compared, or null.</param>
public sealed record ArtifactDifference(ModelArtifactKind Kind, string Name, ArtifactRef? Baseline, ArtifactRef? Candidate)
{
    /// <summary>Whether both have the same bytes.</summary>
    public bool IsSame => Baseline is not null && Baseline.Digest == Candidate?.Digest;
}
