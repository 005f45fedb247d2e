using Microsoft.Extensions.Logging;
using MlOps.Registry;

namespace MlOps.Orchestration;

internal sealed partial class RunExecutor
{
    private async Task EndAsync()
    {
        var failed = _pipeline.Nodes.Where(node => _status[node.Index] == PipelineStatus.Failed).Select(node => node.Name).ToArray();
        var status = failed.Length == 0 ? PipelineStatus.Completed : PipelineStatus.Failed;
        var error = failed.Length == 0 ? null : $"failed: {string.Join(", ", failed)}";

        // Tracking ends first: a crash in between ends it again, under the same key.
        await EndTrackingAsync(status == PipelineStatus.Completed ? RunStatus.Completed : RunStatus.Failed).ConfigureAwait(false);
        await CommitAsync(session => _scope.Store.EndRunAsync(session, _run, status, error)).ConfigureAwait(false);
        _ended = true;
        if (status == PipelineStatus.Completed)
            RemoveWorkspace();
        LogEnded(_scope.Logger, _run.Id, _run.Pipeline, status);
        Tell(null, status, error ?? "");
    }

    private async Task EndCancelledAsync()
    {
        await EndTrackingAsync(RunStatus.Cancelled).ConfigureAwait(false);
        await CommitAsync(async session =>
        {
            foreach (var node in _pipeline.Nodes)
            {
                if (_status[node.Index] is not (PipelineStatus.Pending or PipelineStatus.Running))
                    continue;
                var row = _rows.GetValueOrDefault(node.Name) ?? new StepRow(node.Name, PipelineStatus.Pending);
                if (_status[node.Index] == PipelineStatus.Running)
                    await RunStore.EndAttemptAsync(session, _run.Id, node.Name, PipelineStatus.Cancelled, null, Now).ConfigureAwait(false);
                await RunStore.PutStepAsync(session, _run.Id, row with { Status = PipelineStatus.Cancelled, Reason = $"the run was cancelled: {_cancelReason}", EndedAt = Now }).ConfigureAwait(false);
            }

            await _scope.Store.EndRunAsync(session, _run, PipelineStatus.Cancelled, _cancelReason).ConfigureAwait(false);
        }).ConfigureAwait(false);
        _ended = true;
        LogEnded(_scope.Logger, _run.Id, _run.Pipeline, PipelineStatus.Cancelled);
        Tell(null, PipelineStatus.Cancelled, _cancelReason ?? "");
    }

    // The host stops: the run stays open for the next one, which need not wait for the lease.
    private async Task HandBackAsync(List<int> interrupted)
    {
        await EndTrackingAsync(RunStatus.Cancelled).ConfigureAwait(false);
        await CommitAsync(async session =>
        {
            foreach (var index in interrupted)
            {
                var name = _pipeline.Nodes[index].Name;
                if (!_rows.TryGetValue(name, out var row))
                    continue;
                await RunStore.EndAttemptAsync(session, _run.Id, name, PipelineStatus.Cancelled, "the host stopped", Now).ConfigureAwait(false);
                await RunStore.PutStepAsync(session, _run.Id, row with { Status = PipelineStatus.Pending, Reason = "the host stopped while it ran" }).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        await _scope.Store.ReleaseAsync(_run.Id, _run.Fence).ConfigureAwait(false);
    }

    private async Task HeartbeatAsync(CancellationToken finished)
    {
        var clock = _scope.Context.Clock;
        var valid = Now + _scope.Options.LeaseDuration;
        while (true)
        {
            try
            {
                await Task.Delay(_scope.Options.LeaseDuration / 3, clock, finished).ConfigureAwait(false);
                var (held, cancelReason) = await _scope.Store.RenewAsync(_run.Id, _run.Fence, finished).ConfigureAwait(false);
                if (!held)
                {
                    // An ended run is not held either; then the loop is past its last commit and this changes nothing.
                    _leaseLost = true;
                    StopWork();
                    return;
                }

                valid = Now + _scope.Options.LeaseDuration;
                if (cancelReason is not null)
                    Cancel(cancelReason);
            }
            catch (OperationCanceledException) when (finished.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogHeartbeatFailed(_scope.Logger, _run.Id, error);
                if (Now < valid)
                    continue;
                _leaseLost = true;
                StopWork();
                return;
            }
        }
    }

    private async Task BeginTrackingAsync()
    {
        if (_scope.Experiments is null || !_scope.Options.TrackRuns)
            return;
        _tracking = await _scope.Experiments.StartRunAsync(_run.Pipeline, new RunOptions { Key = _run.Id, Name = _run.Id }, CancellationToken.None).ConfigureAwait(false);
        if (_run.TrackingRun is null)
            await CommitAsync(async session => await RunStore.SetTrackingRunAsync(session, _run.Id, _tracking.Id).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task EndTrackingAsync(RunStatus status)
    {
        if (_tracking is null)
            return;
        await _tracking.CompleteAsync(status, CancellationToken.None).ConfigureAwait(false);
        await _tracking.DisposeAsync().ConfigureAwait(false);
        _tracking = null;
    }

    // A run that goes on elsewhere, or later, takes its tracking run back under the same key.
    private async Task AbandonTrackingAsync()
    {
        if (_tracking is null)
            return;
        try
        {
            _tracking.Fail(new InvalidOperationException("The host gave this run up."));
            await _tracking.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogTrackingAbandoned(_scope.Logger, _run.Id, error);
        }
    }

    private string WorkspaceOf(string? step) =>
        Path.Combine(_scope.Context.Directory, "orchestration", "work", _run.Id, step is null ? "" : step.Replace('?', '_'));

    private void RemoveWorkspace()
    {
        try
        {
            var directory = WorkspaceOf(null);
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Scratch only: a file that is still open must not fail a run that has completed.
            LogWorkspaceKept(_scope.Logger, _run.Id, error);
        }
    }
}
