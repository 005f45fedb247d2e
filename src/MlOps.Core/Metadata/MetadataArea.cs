namespace MlOps;

/// <summary>One area's view of the metadata store: its tables are brought up to date before the first statement runs. Thread-safe.</summary>
/// <param name="store">The environment's store.</param>
/// <param name="schema">The area's tables.</param>
public sealed class MetadataArea(IMetadataStore store, MetadataSchema schema)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile bool _ready;

    /// <summary>The store behind this area.</summary>
    public IMetadataStore Store => store;

    /// <summary>Reads; see <see cref="IMetadataStore.ReadAsync{T}"/>.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="read">The read.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The result.</returns>
    public async ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default)
    {
        if (!_ready)
            await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await store.ReadAsync(read, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes; see <see cref="IMetadataStore.WriteAsync{T}"/>.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="write">The transaction.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The result.</returns>
    public async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        if (!_ready)
            await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await store.WriteAsync(write, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Brings the tables up to date; later calls return at once.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when the tables are there.</returns>
    public async ValueTask EnsureReadyAsync(CancellationToken cancellationToken = default)
    {
        if (_ready)
            return;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_ready)
                return;
            await store.MigrateAsync(schema, cancellationToken).ConfigureAwait(false);
            _ready = true;
        }
        finally
        {
            _gate.Release();
        }
    }
}
