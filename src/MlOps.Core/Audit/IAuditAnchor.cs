namespace MlOps;

/// <summary>Keeps checkpoints outside the store that they speak for, where who can write the store cannot change them. Thread-safe.</summary>
public interface IAuditAnchor
{
    /// <summary>Keeps a checkpoint. One that is kept already changes nothing.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when it is kept durably.</returns>
    ValueTask PublishAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken = default);

    /// <summary>The checkpoints that were kept, by size.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The checkpoints; their signatures are not checked by this.</returns>
    /// <exception cref="CorruptDataException">One cannot be read.</exception>
    ValueTask<IReadOnlyList<AuditCheckpoint>> ReadAsync(CancellationToken cancellationToken = default);
}
