using System.Text.Json.Serialization;

namespace MlOps;

/// <summary>Points at the bytes of an artifact in the environment's store.</summary>
/// <param name="Digest">The SHA-256, as <see cref="ArtifactDigest.ToString"/> writes it.</param>
/// <param name="Size">The length in bytes.</param>
/// <param name="MediaType">What the bytes are, for instance <c>application/onnx</c>.</param>
public sealed record ArtifactRef(string Digest, long Size, string MediaType)
{
    /// <summary>The parsed digest.</summary>
    [JsonIgnore]
    public ArtifactDigest ParsedDigest => ArtifactDigest.Parse(Digest);
}
