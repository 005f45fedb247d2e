namespace MlOps.Registry;

/// <summary>One artifact of a model version.</summary>
/// <param name="Kind">Which of the eight kinds.</param>
/// <param name="Name">Its name within the kind: 1-200 characters of letters, digits, <c>. _ -</c>.</param>
/// <param name="Content">Where the bytes are.</param>
public sealed record ModelArtifact(ModelArtifactKind Kind, string Name, ArtifactRef Content);
