using MlOps.Features;

namespace MlOps;

/// <summary>Rows of types with a binding into and out of the feature store.</summary>
public static class TypedFeatureStoreExtensions
{
    /// <summary>A reader of a service as typed objects.</summary>
    /// <typeparam name="T">A type with a generated binding.</typeparam>
    /// <param name="store">The store.</param>
    /// <param name="service">The feature service.</param>
    /// <returns>The reader.</returns>
    public static IFeatureReader<T> GetReader<T>(this IFeatureStore store, string service)
        where T : IFeatureRow<T>
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.GetReader(service, T.Binding);
    }

    /// <summary>Adds rows to the offline store; see <see cref="IFeatureStore.IngestAsync"/>.</summary>
    /// <typeparam name="T">A type with a generated binding.</typeparam>
    /// <param name="store">The store.</param>
    /// <param name="view">The view's name.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="batchKey">Names the batch within the view.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    /// <returns>What became of it.</returns>
    public static ValueTask<IngestResult> IngestAsync<T>(
        this IFeatureStore store, string view, IReadOnlyList<T> rows, string batchKey, CancellationToken cancellationToken = default)
        where T : IFeatureRow<T>
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.IngestAsync(view, T.Binding.ToFrame(rows), batchKey, cancellationToken);
    }

    /// <summary>Applies rows to the online state; see <see cref="IFeatureStore.PushAsync"/>.</summary>
    /// <typeparam name="T">A type with a generated binding.</typeparam>
    /// <param name="store">The store.</param>
    /// <param name="view">The view's name.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="source">Whose offsets these are.</param>
    /// <param name="offset">Grows with every push of the source.</param>
    /// <param name="cancellationToken">Cancels before the write.</param>
    /// <returns>What became of it.</returns>
    public static ValueTask<PushResult> PushAsync<T>(
        this IFeatureStore store, string view, IReadOnlyList<T> rows, string source, long offset, CancellationToken cancellationToken = default)
        where T : IFeatureRow<T>
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.PushAsync(view, T.Binding.ToFrame(rows), source, offset, cancellationToken);
    }

    /// <summary>The rows of a frame as typed objects; columns are found by name.</summary>
    /// <typeparam name="T">A type with a generated binding.</typeparam>
    /// <param name="frame">The frame.</param>
    /// <returns>One object per row.</returns>
    /// <exception cref="InvalidInputException">A column is missing, of another type, or null where the property cannot be.</exception>
    public static IReadOnlyList<T> ToRows<T>(this DataFrame frame)
        where T : IFeatureRow<T>
    {
        ArgumentNullException.ThrowIfNull(frame);
        return T.Binding.ToRows(frame);
    }

    /// <summary>Rows as a frame, column by column.</summary>
    /// <typeparam name="T">A type with a generated binding.</typeparam>
    /// <param name="rows">The rows.</param>
    /// <returns>The frame.</returns>
    public static DataFrame ToFrame<T>(this IReadOnlyList<T> rows)
        where T : IFeatureRow<T> => T.Binding.ToFrame(rows);
}
