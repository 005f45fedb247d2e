namespace MlOps;

/// <summary>
/// Says which blobs an engine of an environment still wants, so that collection spares them. Every engine that keeps references to
/// blobs registers one as a service keyed by the environment's name. Thread-safe.
/// </summary>
public interface IArtifactRoots
{
    /// <summary>
    /// Whether the engine refers to a blob. References that are being made are safe as long as the blob is younger than the collection's
    /// minimum age, so an engine that refers to a blob it did not just store calls <see cref="IArtifactStore.RefreshAsync"/> first.
    /// </summary>
    /// <param name="digest">Which blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>True when it must stay.</returns>
    ValueTask<bool> IsReachableAsync(ArtifactDigest digest, CancellationToken cancellationToken = default);

    /// <summary>
    /// When the oldest work began that may have stored blobs which nothing refers to yet: a step that trains for days and hands out its
    /// checkpoints at the end. What was stored since then is kept, whatever its age.
    /// </summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The moment, or null when no such work is going on.</returns>
    ValueTask<DateTimeOffset?> WorkingSinceAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<DateTimeOffset?>(null);
}
