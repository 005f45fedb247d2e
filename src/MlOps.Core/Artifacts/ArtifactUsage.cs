namespace MlOps;

/// <summary>What an artifact store holds.</summary>
/// <param name="Blobs">How many blobs.</param>
/// <param name="LogicalBytes">The sum of their lengths.</param>
/// <param name="StoredBytes">What they take on the disk after de-duplication: whole files, packs and recipes. Uploads under way and local copies are not in it.</param>
public sealed record ArtifactUsage(int Blobs, long LogicalBytes, long StoredBytes);
