namespace MlOps.Registry;

/// <summary>A file of a layout to be written: bytes in memory, or a blob of the artifact store.</summary>
internal sealed record BundleFile(long Size, ReadOnlyMemory<byte> Bytes, ArtifactRef? Blob);
