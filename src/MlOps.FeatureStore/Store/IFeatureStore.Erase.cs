using MlOps.Features;

namespace MlOps;

public partial interface IFeatureStore
{
    /// <summary>The upkeep of stored history.</summary>
    IOfflineStore Offline { get; }

    /// <summary>
    /// Forgets an entity of a view, and of the views made of it that have the same key: its online state, its rows in the offline store at every moment,
    /// logged vectors, quarantined batches, dead letters and statistics, so that none of their bytes remain in any file of the environment. Saved training
    /// frames that hold it are reported, and taken off the list when asked. Rows that are ingested later count again.
    /// </summary>
    /// <param name="view">The view's name.</param>
    /// <param name="key">The parts of the entity's key, in the order of the view's keys.</param>
    /// <param name="options">How far it goes; null means the defaults.</param>
    /// <param name="cancellationToken">Cancels; reads hide the entity from the first step on, and calling again goes on.</param>
    /// <returns>What was erased, and where the entity may still be.</returns>
    /// <exception cref="CorruptDataException">A segment cannot be read; the entity stays hidden, but its bytes may be there.</exception>
    ValueTask<ErasureReport> EraseAsync(string view, IReadOnlyList<string> key, EraseOptions? options = null, CancellationToken cancellationToken = default);
}
