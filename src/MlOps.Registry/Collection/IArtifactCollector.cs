namespace MlOps.Registry;

/// <summary>Removes the blobs of one environment that nothing refers to. Safe while writers run. Thread-safe.</summary>
public interface IArtifactCollector
{
    /// <summary>
    /// Collects once. A blob stays when a version, a run, or any <see cref="IArtifactRoots"/> of the environment refers to it, or when it is young.
    /// </summary>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels between blobs.</param>
    /// <returns>What was removed.</returns>
    /// <exception cref="InvalidInputException">The minimum age is below an hour.</exception>
    ValueTask<CollectionReport> CollectAsync(CollectionOptions? options = null, CancellationToken cancellationToken = default);
}
