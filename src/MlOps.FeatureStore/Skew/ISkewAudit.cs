namespace MlOps.Features;

/// <summary>
/// Compares what was served with what the offline store says was known at that moment, and names the cause of a difference. Thread-safe.
/// </summary>
public interface ISkewAudit
{
    /// <summary>How the logging stands since the process began.</summary>
    SkewLogStatus Status { get; }

    /// <summary>The last report of each service in this process, by service.</summary>
    IReadOnlyDictionary<string, SkewAuditReport> LastReports { get; }

    /// <summary>
    /// Logs what a source of the host's own answers, for instance a cache around <see cref="IFeatureStore.GetVectorSourceAsync"/>: wrap it as the last one
    /// before the model, so that the audit sees what the model saw. Returns it unchanged when logging is off.
    /// </summary>
    /// <param name="service">The feature service that it answers for.</param>
    /// <param name="source">The source.</param>
    /// <returns>The source that also logs.</returns>
    IFeatureVectorSource Watch(string service, IFeatureVectorSource source);

    /// <summary>Writes what waits in memory to the log, durably.</summary>
    /// <param name="cancellationToken">Cancels before the write.</param>
    /// <returns>A task that ends when it is durable.</returns>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);

    /// <summary>Recomputes logged vectors from the offline store as known at their moments and compares them.</summary>
    /// <param name="service">The feature service.</param>
    /// <param name="from">Requests from this moment on.</param>
    /// <param name="to">Requests before this moment.</param>
    /// <param name="comparison">How; that of <see cref="SkewAuditOptions.Comparison"/> when null.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report.</returns>
    /// <exception cref="NotFoundException">There is no such service.</exception>
    ValueTask<SkewAuditReport> AuditAsync(
        string service, Timestamp from, Timestamp to, SkewComparison? comparison = null, CancellationToken cancellationToken = default);

    /// <summary>Removes every logged vector of an entity, by rewriting the files that hold one.</summary>
    /// <param name="view">The view whose entity it is.</param>
    /// <param name="key">The entity's key, one text per part.</param>
    /// <param name="cancellationToken">Cancels between files.</param>
    /// <returns>How many vectors are gone.</returns>
    ValueTask<int> EraseAsync(string view, IReadOnlyList<string> key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Audits all services every <see cref="SkewAuditOptions.Interval"/> until cancelled, and records <see cref="FeatureEvents.SkewDetected"/>. Ends at
    /// once when there is no interval. A host of MlOps.Sdk runs it in its workers.
    /// </summary>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>A task that ends when cancelled.</returns>
    Task RunAsync(CancellationToken cancellationToken = default);
}
