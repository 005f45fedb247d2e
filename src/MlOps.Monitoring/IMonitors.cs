namespace MlOps.Monitoring;

/// <summary>
/// The monitors of one environment: the prediction log, outcomes, references, and checks of drift and quality. A check that finds
/// something records the event <see cref="MonitoringEvents.DriftDetected"/>, at most once for a window. Thread-safe.
/// </summary>
public interface IMonitors
{
    /// <summary>Where endpoints hand their predictions.</summary>
    IPredictionSink Sink { get; }

    /// <summary>Predictions that could not be logged because the log was full or the store failed.</summary>
    long DroppedPredictions { get; }

    /// <summary>Makes every prediction recorded so far durable.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when it is durable.</returns>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);

    /// <summary>Records outcomes. A second value for a prediction replaces the first when it is known later.</summary>
    /// <param name="endpoint">The endpoint that predicted.</param>
    /// <param name="outcomes">The outcomes.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when they are durable.</returns>
    /// <exception cref="InvalidInputException">An outcome is not a finite number or names no prediction; none is recorded then.</exception>
    ValueTask RecordOutcomesAsync(string endpoint, IReadOnlyCollection<PredictionOutcome> outcomes, CancellationToken cancellationToken = default);

    /// <summary>Sets the reference that a version's live inputs and scores are compared with.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="version">The version.</param>
    /// <param name="profile">The reference.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when it is durable.</returns>
    ValueTask SetReferenceAsync(string endpoint, ModelVersionRef version, ReferenceProfile profile, CancellationToken cancellationToken = default);

    /// <summary>The reference of a version, or null.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The reference.</returns>
    ValueTask<ReferenceProfile?> GetReferenceAsync(string endpoint, ModelVersionRef version, CancellationToken cancellationToken = default);

    /// <summary>Compares the predictions of a window with the reference of the version that made them.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="version">The version.</param>
    /// <param name="from">The window's begin, included.</param>
    /// <param name="to">The window's end, not included.</param>
    /// <param name="rule">When a difference counts as drift; null for the default rule.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report; with no columns when the window has too few rows.</returns>
    /// <exception cref="NotFoundException">The version has no reference for this endpoint.</exception>
    ValueTask<DriftReport> CheckDriftAsync(
        string endpoint, ModelVersionRef version, Timestamp from, Timestamp to, DriftRule? rule = null, CancellationToken cancellationToken = default);

    /// <summary>Measures how well each version predicted in a window, over the predictions whose outcome is known.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="from">The window's begin, included.</param>
    /// <param name="to">The window's end, not included.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report.</returns>
    ValueTask<QualityReport> CheckQualityAsync(string endpoint, Timestamp from, Timestamp to, CancellationToken cancellationToken = default);

    /// <summary>The logged predictions of a window in order of time and identity.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="from">The window's begin, included.</param>
    /// <param name="to">The window's end, not included.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>The predictions with their outcomes.</returns>
    IAsyncEnumerable<LoggedPrediction> ReadAsync(string endpoint, Timestamp from, Timestamp to, CancellationToken cancellationToken = default);

    /// <summary>The drift reports of an endpoint, by window.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The reports.</returns>
    ValueTask<IReadOnlyList<DriftReport>> GetDriftReportsAsync(string endpoint, CancellationToken cancellationToken = default);
}
