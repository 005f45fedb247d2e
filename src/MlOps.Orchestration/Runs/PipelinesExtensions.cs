namespace MlOps.Orchestration;

/// <summary>Short forms over <see cref="IPipelines"/>.</summary>
public static class PipelinesExtensions
{
    /// <summary>Waits for a run of this process or another and reports how far it is.</summary>
    /// <param name="pipelines">The pipelines.</param>
    /// <param name="run">The run.</param>
    /// <param name="progress">Told the share of steps that ended, 0 to 1, from any thread.</param>
    /// <param name="cancellationToken">Cancels the wait, not the run.</param>
    /// <returns>The ended run.</returns>
    public static async ValueTask<PipelineRun> FollowAsync(this IPipelines pipelines, PipelineRun run, Action<double> progress, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pipelines);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(progress);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var steps = Math.Max(1, run.Definition?.Steps.Count ?? run.Steps.Count);
        var watch = WatchAsync(pipelines, run.Id, steps, progress, watching.Token);
        try
        {
            return await pipelines.ResumeAsync(run.Id, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await watching.CancelAsync().ConfigureAwait(false);
            await watch.ConfigureAwait(false);
        }
    }

    /// <summary>Waits until a trigger has started its run for an event.</summary>
    /// <param name="pipelines">The pipelines.</param>
    /// <param name="pipeline">The pipeline's name.</param>
    /// <param name="trigger">The trigger's name.</param>
    /// <param name="happened">The event.</param>
    /// <param name="clock">The clock that paces the look-ups.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The run, started or ended.</returns>
    public static async ValueTask<PipelineRun> WaitForTriggeredAsync(
        this IPipelines pipelines, string pipeline, string trigger, MlOpsEvent happened, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pipelines);
        ArgumentNullException.ThrowIfNull(happened);
        while (true)
        {
            if (await pipelines.FindAsync(pipeline, TriggerKey.Of(trigger, happened.Sequence), cancellationToken).ConfigureAwait(false) is { } run)
                return run;
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task WatchAsync(IPipelines pipelines, string runId, int steps, Action<double> progress, CancellationToken cancellationToken)
    {
        var ended = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await foreach (var change in pipelines.WatchAsync(runId, cancellationToken).ConfigureAwait(false))
            {
                if (change.Step is { } step && change.Status is PipelineStatus.Completed or PipelineStatus.Skipped)
                    ended.Add(change.Step);
                progress(Math.Min(1, (ended.Count + (change.Status == PipelineStatus.Running ? change.Fraction : 0)) / steps));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }
}
