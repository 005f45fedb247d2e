namespace MlOps.Features;

/// <summary>
/// A stream of records in partitions, each numbered by growing offsets, that can be read from any offset that is kept: what Kafka's consumers
/// offer, for instance. It remembers nothing about its readers: a job keeps its offsets beside the state that they stand for. Thread-safe.
/// </summary>
public interface IFeatureStreamSource
{
    /// <summary>Whose offsets these are; together with the partition it identifies them for ever.</summary>
    string Name { get; }

    /// <summary>The partitions. All rows of an entity should come through the same one: only there is their order kept.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Their names.</returns>
    ValueTask<IReadOnlyList<string>> GetPartitionsAsync(CancellationToken cancellationToken = default);

    /// <summary>Which records a partition can yield now.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The oldest and the newest offset.</returns>
    ValueTask<StreamRange> GetRangeAsync(string partition, CancellationToken cancellationToken = default);

    /// <summary>Yields the records behind an offset, then waits for further ones; ends only when the stream is complete.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="after">The offset behind which to begin; -1 for the beginning.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The records. One may come again; the order of offsets must not change but for that.</returns>
    IAsyncEnumerable<StreamRecords> ReadAsync(string partition, long after, CancellationToken cancellationToken = default);

    /// <summary>Hears that everything up to an offset is durable in the feature store, so that it need not be kept for this job.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="offset">The offset.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when it was heard.</returns>
    ValueTask CheckpointedAsync(string partition, long offset, CancellationToken cancellationToken = default) => default;
}
