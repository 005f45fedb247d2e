namespace MlOps;

/// <summary>A proof that one record stands in the trail of a size. <see cref="AuditProof"/> checks it without the store.</summary>
/// <param name="Sequence">The record's place, from 1.</param>
/// <param name="Size">The number of records of the trail.</param>
/// <param name="FormerHash">The hash of the record before, which the record's own hash covers; empty for the first.</param>
/// <param name="Path">The hashes of the siblings from the leaf to the root.</param>
public sealed record AuditInclusion(long Sequence, long Size, string FormerHash, IReadOnlyList<ReadOnlyMemory<byte>> Path);
