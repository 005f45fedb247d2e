namespace MlOps.Registry;

/// <summary>The experiments of one environment: runs with parameters, metrics, labels, inputs and artifacts. Thread-safe.</summary>
public interface IExperiments
{
    /// <summary>Starts a run, or resumes the one of the same key.</summary>
    /// <param name="experiment">The experiment's name; created when new.</param>
    /// <param name="options">How it starts.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The run; dispose it to end it.</returns>
    ValueTask<IRun> StartRunAsync(string experiment, RunOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>A run.</summary>
    /// <param name="runId">Its identity.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The run as stored.</returns>
    /// <exception cref="NotFoundException">There is no such run.</exception>
    ValueTask<RunRecord> GetRunAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>The runs of an experiment, newest first.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The runs.</returns>
    ValueTask<IReadOnlyList<RunRecord>> ListRunsAsync(string experiment, int limit = 100, CancellationToken cancellationToken = default);

    /// <summary>The whole history of a metric, by step and time.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The points.</returns>
    ValueTask<IReadOnlyList<MetricPoint>> GetMetricHistoryAsync(string runId, string metric, CancellationToken cancellationToken = default);
}
