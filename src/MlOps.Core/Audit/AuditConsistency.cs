namespace MlOps;

/// <summary>A proof that the trail of one size is the beginning of that of a greater one. <see cref="AuditProof"/> checks it without the store.</summary>
/// <param name="FirstSize">The smaller number of records.</param>
/// <param name="SecondSize">The greater number of records.</param>
/// <param name="Path">The hashes.</param>
public sealed record AuditConsistency(long FirstSize, long SecondSize, IReadOnlyList<ReadOnlyMemory<byte>> Path);
