namespace MlOps;

/// <summary>
/// The append-only audit trail of one environment. No audit record, no act: engines append within the transaction of the act. Each record
/// carries the hash of the one before, and a Merkle tree over all of them gives checkpoints and proofs. Thread-safe.
/// Reading and proving need <see cref="EnvironmentPermission.ReadAudit"/>.
/// </summary>
public interface IAuditLog
{
    /// <summary>Appends within the caller's write transaction, in the name of the current caller.</summary>
    /// <param name="session">A write session of the same environment's store.</param>
    /// <param name="entry">The act.</param>
    /// <returns>A task that ends when it is part of the transaction.</returns>
    ValueTask AppendAsync(IMetadataSession session, AuditEntry entry);

    /// <summary>Reads records in order.</summary>
    /// <param name="afterSequence">Only later ones; 0 for all.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The records.</returns>
    ValueTask<IReadOnlyList<AuditRecord>> ReadAsync(long afterSequence = 0, int limit = 1000, CancellationToken cancellationToken = default);

    /// <summary>Recomputes the chain.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The sequence of the first record that does not fit, or null when all fit.</returns>
    ValueTask<long?> VerifyAsync(CancellationToken cancellationToken = default);

    /// <summary>Recomputes chain and tree, compares them with checkpoints, and locates what was done: edits, deletions, insertions, changes of order, a cut end, a fork, foreign signatures.</summary>
    /// <param name="verification">What to compare with.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was found.</returns>
    ValueTask<AuditReport> VerifyAsync(AuditVerification verification, CancellationToken cancellationToken = default);

    /// <summary>Signs what the trail is now, and keeps the checkpoint in the store.</summary>
    /// <param name="signer">Who signs.</param>
    /// <param name="anchor">Keeps it outside as well; only there does it show a trail that was cut off.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The checkpoint.</returns>
    ValueTask<AuditCheckpoint> CheckpointAsync(AuditSigner signer, IAuditAnchor? anchor = null, CancellationToken cancellationToken = default);

    /// <summary>The checkpoints in the store, by size. Their signatures are not checked by this.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The checkpoints.</returns>
    ValueTask<IReadOnlyList<AuditCheckpoint>> GetCheckpointsAsync(CancellationToken cancellationToken = default);

    /// <summary>Proves that a record stands in the trail; <see cref="AuditProof"/> checks it without the store.</summary>
    /// <param name="sequence">The record.</param>
    /// <param name="size">Within the first so many, the size of a checkpoint; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The proof.</returns>
    /// <exception cref="NotFoundException">There is no such record, or the trail is shorter.</exception>
    ValueTask<AuditInclusion> ProveInclusionAsync(long sequence, long? size = null, CancellationToken cancellationToken = default);

    /// <summary>Proves that the trail of one size is the beginning of that of another.</summary>
    /// <param name="firstSize">The smaller size.</param>
    /// <param name="secondSize">The greater size; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The proof.</returns>
    /// <exception cref="NotFoundException">The trail is shorter.</exception>
    ValueTask<AuditConsistency> ProveConsistencyAsync(long firstSize, long? secondSize = null, CancellationToken cancellationToken = default);
}
