namespace MlOps.Registry;

/// <summary>Short forms over <see cref="IExperiments"/>.</summary>
public static class ExperimentsExtensions
{
    /// <summary>
    /// Runs a piece of work as a run. It is completed when the work returns, failed with the exception when it throws, cancelled when it was
    /// cancelled; the exception goes on to the caller.
    /// </summary>
    /// <param name="experiments">The experiments.</param>
    /// <param name="experiment">The experiment's name; created when new.</param>
    /// <param name="work">The work; it gets the run and the token.</param>
    /// <param name="options">How the run starts.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The run's identity.</returns>
    public static async ValueTask<string> RunAsync(
        this IExperiments experiments, string experiment, Func<IRun, CancellationToken, Task> work, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return await experiments.RunAsync(
            experiment,
            async (run, stop) =>
            {
                await work(run, stop).ConfigureAwait(false);
                return run.Id;
            },
            options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a piece of work with a result as a run; see the overload without one.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="experiments">The experiments.</param>
    /// <param name="experiment">The experiment's name; created when new.</param>
    /// <param name="work">The work; it gets the run and the token.</param>
    /// <param name="options">How the run starts.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The work's result.</returns>
    public static async ValueTask<T> RunAsync<T>(
        this IExperiments experiments, string experiment, Func<IRun, CancellationToken, Task<T>> work, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(experiments);
        ArgumentNullException.ThrowIfNull(work);
        var run = await experiments.StartRunAsync(experiment, options, cancellationToken).ConfigureAwait(false);
        T result;
        try
        {
            result = await work(run, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            run.Fail(error);
            var cancelled = error is OperationCanceledException && cancellationToken.IsCancellationRequested;
            try
            {
                await using (run.ConfigureAwait(false))
                    await run.CompleteAsync(cancelled ? RunStatus.Cancelled : RunStatus.Failed, CancellationToken.None).ConfigureAwait(false);
            }
            catch (MlOpsException)
            {
                // The work's own error is the one to tell; a run that could not be ended is found lost.
            }

            throw;
        }

        await using (run.ConfigureAwait(false))
            await run.CompleteAsync(cancellationToken: CancellationToken.None).ConfigureAwait(false);
        return result;
    }
}
