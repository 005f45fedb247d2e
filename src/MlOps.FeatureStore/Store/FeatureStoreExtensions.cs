using MlOps.Features;

namespace MlOps;

/// <summary>Typed rows into the feature store, and the store of an environment.</summary>
public static class FeatureStoreExtensions
{
    extension(IMlOpsEnvironment environment)
    {
        /// <summary>The feature store of this environment.</summary>
        public IFeatureStore Features => environment.Get<IFeatureStore>();
    }

    /// <summary>Adds typed rows to the offline store; see <see cref="IFeatureStore.IngestAsync"/>.</summary>
    /// <typeparam name="TRow">The row.</typeparam>
    /// <param name="store">The store.</param>
    /// <param name="view">The view.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="batchKey">Names the batch within the view.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What became of it.</returns>
    public static ValueTask<IngestResult> IngestAsync<TRow>(
        this IFeatureStore store, FeatureView<TRow> view, IReadOnlyList<TRow> rows, string batchKey, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(view);
        return store.IngestAsync(view.Name, view.ToFrame(rows), batchKey, cancellationToken);
    }

    /// <summary>Applies typed rows to the online state; see <see cref="IFeatureStore.PushAsync"/>.</summary>
    /// <typeparam name="TRow">The row.</typeparam>
    /// <param name="store">The store.</param>
    /// <param name="view">The view.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="source">Whose offsets these are.</param>
    /// <param name="offset">Grows with every push of the source.</param>
    /// <param name="cancellationToken">Cancels before the write.</param>
    /// <returns>What became of it.</returns>
    public static ValueTask<PushResult> PushAsync<TRow>(
        this IFeatureStore store, FeatureView<TRow> view, IReadOnlyList<TRow> rows, string source, long offset, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(view);
        return store.PushAsync(view.Name, view.ToFrame(rows), source, offset, cancellationToken);
    }
}
