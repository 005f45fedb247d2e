namespace MlOps.Registry;

/// <summary>
/// A run being recorded. Logging returns at once: writes are buffered and committed in groups, and are durable after
/// <see cref="FlushAsync"/>, <see cref="CompleteAsync"/> or disposal. Disposal without completion marks the run completed (or failed, see
/// <see cref="RunOptions.CompleteOnDispose"/>), and failed when <see cref="Fail"/> was called. Thread-safe.
/// </summary>
public interface IRun : IAsyncDisposable
{
    /// <summary>The run's identity.</summary>
    string Id { get; }

    /// <summary>The experiment.</summary>
    string Experiment { get; }

    /// <summary>How often the run was resumed: 0 for its first start.</summary>
    int Attempt { get; }

    /// <summary>Records a parameter; a second value for the same name is refused unless equal.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value as text.</param>
    void LogParameter(string name, string value);

    /// <summary>Records a point of a metric.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value; NaN and infinities are kept.</param>
    /// <param name="step">The step, from 0.</param>
    void LogMetric(string name, double value, long step = 0);

    /// <summary>Records one point of each of several metrics at one step and time, all or none.</summary>
    /// <param name="values">Names and values.</param>
    /// <param name="step">The step, from 0.</param>
    void LogMetrics(ReadOnlySpan<KeyValuePair<string, double>> values, long step = 0);

    /// <summary>Points that were not taken because the buffer was full, under <see cref="FullBuffer.Drop"/>.</summary>
    long DroppedPoints { get; }

    /// <summary>Sets a label.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    void SetTag(string name, string value);

    /// <summary>Takes a label away; one that is not there is no mistake.</summary>
    /// <param name="name">The name.</param>
    void RemoveTag(string name);

    /// <summary>Records a dataset that the run reads.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="digest">Its digest.</param>
    /// <param name="role">What for: <c>training</c>, <c>validation</c>, <c>test</c>.</param>
    void LogInput(string name, string digest, string role);

    /// <summary>Records a dataset that the run reads, with what is known about it. A second one of the same name and role replaces the first.</summary>
    /// <param name="input">The dataset.</param>
    void LogInput(RunInput input);

    /// <summary>Starts a run that is part of this one. It lives by itself: its end does not end this run, nor the other way round.</summary>
    /// <param name="options">How it starts; its <see cref="RunOptions.ParentRunId"/> must be null or this run.</param>
    /// <param name="experiment">The experiment; null for this run's.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The child; dispose it to end it.</returns>
    ValueTask<IRun> StartChildAsync(RunOptions? options = null, string? experiment = null, CancellationToken cancellationToken = default);

    /// <summary>Stores bytes and records them as an artifact of the run.</summary>
    /// <param name="name">The name within the run; a path with forward slashes.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="mediaType">What they are.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Where the bytes are.</returns>
    ValueTask<ArtifactRef> LogArtifactAsync(string name, Stream content, string mediaType, CancellationToken cancellationToken = default);

    /// <summary>Makes everything logged so far durable.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when it is durable.</returns>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the run.</summary>
    /// <param name="status">How it ended.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when it is durable.</returns>
    ValueTask CompleteAsync(RunStatus status = RunStatus.Completed, CancellationToken cancellationToken = default);

    /// <summary>Notes an error; disposal will mark the run failed with it.</summary>
    /// <param name="error">The error.</param>
    void Fail(Exception error);
}
