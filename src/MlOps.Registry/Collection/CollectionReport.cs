namespace MlOps.Registry;

/// <summary>What a collection removed, or would remove.</summary>
/// <param name="Blobs">Blobs.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="DryRun">Whether nothing was removed.</param>
public sealed record CollectionReport(int Blobs, long Bytes, bool DryRun);
