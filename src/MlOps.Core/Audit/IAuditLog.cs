namespace MlOps;

/// <summary>The append-only audit trail of one environment. No audit record, no act: engines append within the transaction of the act. Thread-safe.</summary>
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
}
