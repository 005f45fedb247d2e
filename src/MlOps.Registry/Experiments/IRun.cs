namespace MlOps.Registry;

/// <summary>
/// A run being recorded. Logging returns at once: writes are buffered and committed in groups, and are durable after
/// <see cref="FlushAsync"/>, <see cref="CompleteAsync"/> or disposal. Disposal without completion marks the run completed, or failed
/// when <see cref="Fail"/> was called. Thread-safe.
/// </summary>
public interface IRun : IAsyncDisposable
{
    /// <summary>The run's identity.</summary>
    string Id { get; }

    /// <summary>The experiment.</summary>
    string Experiment { get; }

    /// <summary>Records a parameter; a second value for the same name is refused unless equal.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value as text.</param>
    void LogParameter(string name, string value);

    /// <summary>Records a point of a metric.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value; NaN and infinities are kept.</param>
    /// <param name="step">The step, from 0.</param>
    void LogMetric(string name, double value, long step = 0);

    /// <summary>Sets a label.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    void SetTag(string name, string value);

    /// <summary>Records a dataset that the run reads.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="digest">Its digest.</param>
    /// <param name="role">What for: <c>training</c>, <c>validation</c>, <c>test</c>.</param>
    void LogInput(string name, string digest, string role);

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
