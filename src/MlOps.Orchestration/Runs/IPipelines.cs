namespace MlOps.Orchestration;

/// <summary>
/// The pipelines of one environment. Every transition is committed before it is acted on, so a killed run goes on from its last
/// finished steps. Several hosts may share the environment's store: a run belongs to one at a time. Thread-safe.
/// </summary>
public interface IPipelines
{
    /// <summary>The names of the pipelines registered in this host, in order.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Runs a pipeline to its end. Cancelling stops the wait, not the run: see <see cref="CancelAsync"/>.</summary>
    /// <typeparam name="TPipeline">The pipeline.</typeparam>
    /// <typeparam name="TInput">Its parameters.</typeparam>
    /// <param name="input">The parameters.</param>
    /// <param name="options">How it starts; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The run, ended; it may have failed: see <see cref="PipelineRun.EnsureCompleted"/>.</returns>
    /// <exception cref="InvalidDefinitionException">The pipeline is wrong; all mistakes are listed.</exception>
    /// <exception cref="InvalidInputException">The key was used before with another input.</exception>
    ValueTask<PipelineRun> RunAsync<TPipeline, TInput>(TInput input, RunPipelineOptions? options = null, CancellationToken cancellationToken = default)
        where TPipeline : class, IPipeline<TInput>;

    /// <summary>Creates a run durably and begins it in the background.</summary>
    /// <typeparam name="TPipeline">The pipeline.</typeparam>
    /// <typeparam name="TInput">Its parameters.</typeparam>
    /// <param name="input">The parameters.</param>
    /// <param name="options">How it starts; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The run, not ended yet or, for a known key, as it is.</returns>
    ValueTask<PipelineRun> StartAsync<TPipeline, TInput>(TInput input, RunPipelineOptions? options = null, CancellationToken cancellationToken = default)
        where TPipeline : class, IPipeline<TInput>;

    /// <summary>Creates a run of a pipeline known by name, and begins it in the background.</summary>
    /// <param name="pipeline">The pipeline's name.</param>
    /// <param name="inputJson">The parameters as JSON.</param>
    /// <param name="options">How it starts; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The run.</returns>
    /// <exception cref="NotFoundException">No such pipeline is registered.</exception>
    ValueTask<PipelineRun> StartAsync(string pipeline, string inputJson, RunPipelineOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Waits for the end of a run, and takes it over when its host has died.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The run, ended.</returns>
    ValueTask<PipelineRun> WaitAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>Goes on with a run that was interrupted, has failed or was cancelled: finished steps keep their results, the others run again.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The run, ended.</returns>
    ValueTask<PipelineRun> ResumeAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>A run with its steps.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The run.</returns>
    /// <exception cref="NotFoundException">There is no such run.</exception>
    ValueTask<PipelineRun> GetAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>The run of a key, or null.</summary>
    /// <param name="pipeline">The pipeline's name.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The run or null.</returns>
    ValueTask<PipelineRun?> FindAsync(string pipeline, string key, CancellationToken cancellationToken = default);

    /// <summary>Runs, newest first, without their steps.</summary>
    /// <param name="query">Which; null for the newest hundred.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The runs.</returns>
    ValueTask<IReadOnlyList<PipelineRun>> ListAsync(PipelineRunQuery? query = null, CancellationToken cancellationToken = default);

    /// <summary>Asks for the end of a run; the request is durable and reaches the steps' cancellation tokens, in other hosts within a heartbeat.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>False when the run had ended already.</returns>
    ValueTask<bool> CancelAsync(string runId, string reason = "", CancellationToken cancellationToken = default);

    /// <summary>What happens to runs of this process from now on, until cancelled. A slow reader loses the oldest.</summary>
    /// <param name="runId">One run; null for all.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>What happens.</returns>
    IAsyncEnumerable<PipelineProgress> WatchAsync(string? runId = null, CancellationToken cancellationToken = default);

    /// <summary>The graph of a pipeline, validated.</summary>
    /// <param name="pipeline">The pipeline's name.</param>
    /// <returns>The graph.</returns>
    /// <exception cref="NotFoundException">No such pipeline is registered.</exception>
    /// <exception cref="InvalidDefinitionException">The pipeline is wrong; all mistakes are listed.</exception>
    PipelineDefinition Describe(string pipeline);

    /// <summary>Builds and checks every registered pipeline.</summary>
    /// <exception cref="InvalidDefinitionException">Some are wrong; all mistakes of all pipelines are listed.</exception>
    void Validate();
}
