namespace MlOps.Features;

/// <summary>The upkeep of the offline store. Thread-safe; safe beside reads, ingestion and other processes.</summary>
public interface IOfflineStore
{
    /// <summary>
    /// Merges segments until there are at most <see cref="FeatureStoreOptions.MaxSegments"/>, as ingestion does in the background; or all into one.
    /// Merged segments are without rows that nobody can ask for any more: replaced, beyond the view's retention, or erased.
    /// </summary>
    /// <param name="view">The view's name.</param>
    /// <param name="whole">Whether to merge all into one segment.</param>
    /// <param name="cancellationToken">Cancels; what was merged stays.</param>
    /// <returns>What was done.</returns>
    ValueTask<CompactionResult> CompactAsync(string view, bool whole = false, CancellationToken cancellationToken = default);

    /// <summary>Reads all segments of a view and checks every checksum.</summary>
    /// <param name="view">The view's name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A report that names the damaged parts.</returns>
    ValueTask<OfflineVerification> VerifyAsync(string view, CancellationToken cancellationToken = default);
}
