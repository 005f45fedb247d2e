namespace MlOps;

/// <summary>The durable event log of one environment. Monitoring writes, orchestration triggers on it, hosts may do both. Thread-safe.</summary>
public interface IEventLog
{
    /// <summary>Records an event in a transaction of its own.</summary>
    /// <param name="type">What happened, <c>area.thing.verb</c>.</param>
    /// <param name="subject">What it happened to.</param>
    /// <param name="data">Details as JSON.</param>
    /// <param name="key">When given, the event is recorded at most once under this key.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The event, or the one recorded before under the same key.</returns>
    ValueTask<MlOpsEvent> AppendAsync(string type, string subject, string data = "{}", string? key = null, CancellationToken cancellationToken = default);

    /// <summary>Records an event as part of the caller's transaction: both become visible together or not at all.</summary>
    /// <param name="session">A write session of the same environment's store.</param>
    /// <param name="type">What happened.</param>
    /// <param name="subject">What it happened to.</param>
    /// <param name="data">Details as JSON.</param>
    /// <param name="key">When given, the event is recorded at most once under this key.</param>
    /// <returns>The event, or the one recorded before under the same key.</returns>
    ValueTask<MlOpsEvent> AppendAsync(IMetadataSession session, string type, string subject, string data = "{}", string? key = null);

    /// <summary>Reads events in order.</summary>
    /// <param name="afterSequence">Only later ones; 0 for all.</param>
    /// <param name="typePrefix">Only types that begin so; null for all.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The events.</returns>
    ValueTask<IReadOnlyList<MlOpsEvent>> ReadAsync(long afterSequence = 0, string? typePrefix = null, int limit = 1000, CancellationToken cancellationToken = default);

    /// <summary>Follows the log: first what is there, then what comes, until cancelled. Events of other processes arrive within a second.</summary>
    /// <param name="afterSequence">Where to begin.</param>
    /// <param name="typePrefix">Only types that begin so; null for all.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>The events in order, none twice.</returns>
    IAsyncEnumerable<MlOpsEvent> FollowAsync(long afterSequence = 0, string? typePrefix = null, CancellationToken cancellationToken = default);
}
