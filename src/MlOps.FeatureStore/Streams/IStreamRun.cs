namespace MlOps.Features;

/// <summary>A stream job at work. Thread-safe. Disposing stops it.</summary>
public interface IStreamRun : IAsyncDisposable
{
    /// <summary>The job.</summary>
    StreamJob Job { get; }

    /// <summary>Ends when the job was stopped, when its stream is complete and everything is in, or with the error by which it failed.</summary>
    Task Completion { get; }

    /// <summary>How it stands.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The status.</returns>
    ValueTask<StreamJobStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>Lets it wait before the next records; those on their way are finished.</summary>
    void Pause();

    /// <summary>Lets it go on.</summary>
    void Resume();

    /// <summary>Waits until everything up to an offset is in: online, and offline where the job lands.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="offset">The offset.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends then, or fails when the job fails or ends before.</returns>
    Task ReachAsync(string partition, long offset, CancellationToken cancellationToken = default);

    /// <summary>Reads no further, brings in what was read, and ends.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that ends when it has stopped.</returns>
    Task StopAsync(CancellationToken cancellationToken = default);
}
