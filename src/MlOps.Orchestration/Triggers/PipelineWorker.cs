using Microsoft.Extensions.Logging;

namespace MlOps.Orchestration;

internal sealed partial class PipelineWorker(
    EnvironmentContext context, PipelineEngine engine, TriggerRunner triggers, Promotions promotions, OrchestrationOptions options, ILogger logger) : IPipelineWorker
{
    public async ValueTask<int> ProcessPendingAsync(CancellationToken cancellationToken = default)
    {
        var done = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await triggers.ProcessAsync(cancellationToken).ConfigureAwait(false);
            var runs = await engine.TakeOverAsync(cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(runs).WaitAsync(cancellationToken).ConfigureAwait(false);
            var promoted = await promotions.ProcessAsync(cancellationToken).ConfigureAwait(false);
            if (runs.Count + promoted == 0)
                return done;
            done += runs.Count + promoted;
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        engine.Validate();
        LogStarted(logger, context.Name);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // Runs go on in the background: a run of hours must not keep the next event waiting.
                await triggers.ProcessAsync(cancellationToken).ConfigureAwait(false);
                await engine.TakeOverAsync(cancellationToken).ConfigureAwait(false);
                await promotions.ProcessAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // A container that is being disposed refuses a moment before it cancels this loop.
                if (error is ObjectDisposedException)
                    await Task.Delay(options.PollInterval, context.Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (cancellationToken.IsCancellationRequested)
                    return;
                LogRoundFailed(logger, context.Name, error);
            }

            await Task.Delay(options.PollInterval, context.Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(5030, LogLevel.Information, "The pipeline worker of environment {Environment} works")]
    private static partial void LogStarted(ILogger logger, string environment);

    [LoggerMessage(5031, LogLevel.Error, "A round of the pipeline worker of environment {Environment} failed; the next one follows")]
    private static partial void LogRoundFailed(ILogger logger, string environment, Exception error);
}
