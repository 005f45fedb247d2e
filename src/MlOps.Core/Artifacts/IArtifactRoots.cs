namespace MlOps;

/// <summary>
/// Says which blobs an engine of an environment still wants, so that collection spares them. Every engine that keeps references to
/// blobs registers one as a service keyed by the environment's name. Thread-safe.
/// </summary>
public interface IArtifactRoots
{
    /// <summary>Whether the engine refers to a blob. References that are being made are safe as long as the blob is younger than the collection's minimum age.</summary>
    /// <param name="digest">Which blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>True when it must stay.</returns>
    ValueTask<bool> IsReachableAsync(ArtifactDigest digest, CancellationToken cancellationToken = default);
}
