namespace MlOps.Registry;

/// <summary>A descriptor of the OCI image-spec: what some bytes are, how many, and their digest.</summary>
internal sealed record OciDescriptor(
    string MediaType, ArtifactDigest Digest, long Size, string? ArtifactType, IReadOnlyDictionary<string, string> Annotations)
{
    public string? this[string annotation] => Annotations.GetValueOrDefault(annotation);

    public bool SameBytes(ArtifactRef content) => content.Size == Size && content.Digest == Digest.ToString();
}
