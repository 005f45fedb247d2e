namespace MlOps.Registry;

/// <summary>The bytes that the digests of a version bind: its manifest and the config that the manifest names.</summary>
/// <param name="Manifest">The manifest in OCI image-manifest shape; its SHA-256 is <see cref="ModelVersion.Manifest"/>'s digest.</param>
/// <param name="Config">The config: name, signature, metrics and description as JSON.</param>
public sealed record ModelManifestBytes(ReadOnlyMemory<byte> Manifest, ReadOnlyMemory<byte> Config);
