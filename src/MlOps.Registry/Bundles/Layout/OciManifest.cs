namespace MlOps.Registry;

/// <summary>An image manifest of the OCI image-spec.</summary>
internal sealed record OciManifest(
    string? ArtifactType, OciDescriptor Config, IReadOnlyList<OciDescriptor> Layers, IReadOnlyDictionary<string, string> Annotations);
