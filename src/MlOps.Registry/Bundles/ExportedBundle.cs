namespace MlOps.Registry;

/// <summary>What an export wrote.</summary>
/// <param name="Reference">The name under which the layout's index lists it: <c>model:version</c>.</param>
/// <param name="Manifest">The ModelPack manifest; its digest is what a registry shows after <c>skopeo copy</c>.</param>
/// <param name="Blobs">Files below <c>blobs/</c>.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record ExportedBundle(string Reference, ArtifactRef Manifest, int Blobs, long Bytes);
