namespace MlOps;

/// <summary>
/// The relational store of one environment (SQLite embedded, PostgreSQL by adapter), stamped with the environment's name.
/// Engines use it through <see cref="MetadataArea"/>. Thread-safe; several processes may open the same store.
/// </summary>
public interface IMetadataStore : IAsyncDisposable
{
    /// <summary>The environment that this store belongs to.</summary>
    string EnvironmentName { get; }

    /// <summary>What differs between databases.</summary>
    SqlDialect Dialect { get; }

    /// <summary>Brings one area's tables to its newest version, once, under a lock across processes.</summary>
    /// <param name="schema">The area and its migrations.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when the tables are there.</returns>
    /// <exception cref="InvalidDefinitionException">The store was written by a newer version of the library.</exception>
    ValueTask MigrateAsync(MetadataSchema schema, CancellationToken cancellationToken = default);

    /// <summary>Runs a read on a consistent snapshot.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="read">The read; it must not keep the session.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The result.</returns>
    ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default);

    /// <summary>
    /// Runs a write transaction. Writers are queued fairly; those that wait together share one commit. The task ends after the
    /// commit is durable. When the delegate throws, its changes are undone, those of its neighbours are not, and the exception
    /// reaches the caller. A delegate may run again after a lost race with another process, so it must have no other effects; it
    /// must not wait for anything but its statements, since it may run on the caller's own thread, with the store's lock held.
    /// </summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="write">The transaction.</param>
    /// <param name="cancellationToken">Cancels the wait; a transaction that has begun is finished.</param>
    /// <returns>The result.</returns>
    ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes from the store's files what rows held that were deleted or changed: databases keep it in unused pages and in their logs. Takes as long
    /// as writing the whole store once. By default nothing is done, for databases that do it by themselves.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait for the store to be free.</param>
    /// <returns>A task that ends when no file holds it.</returns>
    /// <exception cref="StorageException">Another process held the store for too long, or the disk is full.</exception>
    ValueTask ScrubAsync(CancellationToken cancellationToken = default) => default;
}
