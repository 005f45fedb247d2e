namespace MlOps.Registry;

/// <summary>Bytes that travel with a version without being part of it.</summary>
internal sealed record BundleAttachment(string Path, string MediaType, ReadOnlyMemory<byte> Content);
