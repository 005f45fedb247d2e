using MlOps.Features;

namespace MlOps;

public partial interface IFeatureStore
{
    /// <summary>The upkeep of stored history.</summary>
    IOfflineStore Offline { get; }

    /// <summary>
    /// Forgets an entity of a view: its online state, and its rows in the offline store at every moment, so that none of their bytes remain in any file.
    /// Rows that are ingested later count again. Training frames and copies that were made of it before are not touched.
    /// </summary>
    /// <param name="view">The view's name.</param>
    /// <param name="key">The parts of the entity's key, in the order of the view's keys.</param>
    /// <param name="cancellationToken">Cancels; reads hide the entity from the first step on, and calling again goes on.</param>
    /// <returns>A task that ends when no file holds the entity.</returns>
    /// <exception cref="CorruptDataException">A segment cannot be read; the entity stays hidden, but its bytes may be there.</exception>
    ValueTask EraseAsync(string view, IReadOnlyList<string> key, CancellationToken cancellationToken = default);
}
