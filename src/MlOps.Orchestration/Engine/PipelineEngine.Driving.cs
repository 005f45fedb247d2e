using Microsoft.Extensions.Logging;

namespace MlOps.Orchestration;

internal sealed partial class PipelineEngine
{
    private static readonly AsyncLocal<string?> DrivenRun = new();

    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            running = [.. _running.Values.Select(drive => drive.Task)];
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Drives a run in the background; while it is being driven here, everybody gets the same task.</summary>
    private Task BeginDrive(string runId)
    {
        lock (_gate)
        {
            if (_running.TryGetValue(runId, out var current))
                return current.Task;
            if (_stop.IsCancellationRequested)
                return Task.CompletedTask;
            var drive = new Drive();
            _running[runId] = drive;
            drive.Task = Task.Run(() => DriveAsync(runId, drive));
            return drive.Task;
        }
    }

    private async Task DriveAsync(string runId, Drive drive)
    {
        try
        {
            DrivenRun.Value = runId;
            // Steps are the host's code: whoever may start a run need not be allowed everything that its steps do.
            using var authority = _context.Caller.ActForProcess();
            await EnsureReadyAsync(_stop.Token).ConfigureAwait(false);
            if (await _store.FindAsync(runId, _stop.Token).ConfigureAwait(false) is not { } row || _catalog.Value.Find(row.Pipeline) is not { } pipeline)
                return;
            if (await _store.ClaimAsync(runId, _owner, _stop.Token).ConfigureAwait(false) is not var (run, steps))
                return;
            var executor = new RunExecutor(pipeline, _scope.Value, run, steps, _stop.Token);
            drive.Attach(executor);
            await executor.ExecuteAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            LogInterrupted(_logger, runId, error);
            throw;
        }
        finally
        {
            lock (_gate)
                _running.Remove(runId);
        }
    }

    private static bool InsideOwnRun() => DrivenRun.Value is not null;

    [LoggerMessage(5010, LogLevel.Error, "Run {RunId} was interrupted by an error of the store; it goes on when it is asked for again or taken over")]
    private static partial void LogInterrupted(ILogger logger, string runId, Exception error);

    private sealed class Drive
    {
        private readonly Lock _gate = new();
        private RunExecutor? _executor;
        private string? _cancelled;

        public Task Task { get; set; } = Task.CompletedTask;

        public void Attach(RunExecutor executor)
        {
            lock (_gate)
            {
                _executor = executor;
                if (_cancelled is not null)
                    executor.Cancel(_cancelled);
            }
        }

        public void Cancel(string reason)
        {
            lock (_gate)
            {
                _cancelled = reason;
                _executor?.Cancel(reason);
            }
        }
    }
}
