namespace MlOps.Features;

/// <summary>Runs stream jobs. A view's online state is written by one process of an environment; so are its jobs run by one. Thread-safe.</summary>
public interface IFeatureStreams
{
    /// <summary>The jobs that this process runs.</summary>
    IReadOnlyList<IStreamRun> Running { get; }

    /// <summary>Starts a job where its offsets stand: right behind the last record that is in.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Cancels the start; not the job.</param>
    /// <returns>The job at work.</returns>
    /// <exception cref="InvalidDefinitionException">The job contradicts itself, or one of its name is running.</exception>
    /// <exception cref="StorageException">The source no longer has the records that come next.</exception>
    ValueTask<IStreamRun> StartAsync(StreamJob job, CancellationToken cancellationToken = default);

    /// <summary>Runs a job until its stream is complete or it is cancelled; then what was read is brought in before this returns.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Stops the job.</param>
    /// <returns>A task that ends with the job.</returns>
    Task RunAsync(StreamJob job, CancellationToken cancellationToken = default);
}
