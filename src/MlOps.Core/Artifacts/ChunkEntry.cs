namespace MlOps.Artifacts;

/// <summary>Where a chunk's bytes are.</summary>
/// <param name="Key">Its SHA-256.</param>
/// <param name="Pack">Which pack.</param>
/// <param name="Offset">Its first byte in the pack.</param>
/// <param name="Length">Its length.</param>
internal readonly record struct ChunkEntry(ChunkKey Key, Guid Pack, long Offset, int Length);
