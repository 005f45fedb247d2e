using System.Threading.Channels;
using MlOps.Registry;

namespace MlOps.Orchestration;

/// <summary>
/// Drives one claimed run. One loop owns the state in memory, which mirrors what is committed; steps run beside it and report
/// through a channel. A transition is committed, under the run's fence, before anything is done because of it.
/// </summary>
internal sealed partial class RunExecutor
{
    private readonly CompiledPipeline _pipeline;
    private readonly EngineScope _scope;
    private readonly RunRow _run;
    private readonly SemaphoreSlim _slots;
    private readonly Dictionary<string, StepRow> _rows;
    private readonly PipelineStatus[] _status;
    private readonly string?[] _output;
    private readonly int[] _waiting;
    private readonly Queue<int> _decidable = new();
    private readonly Channel<Settled> _settled = Channel.CreateUnbounded<Settled>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _work;
    private readonly CancellationToken _hostStop;
    private readonly Lock _gate = new();
    private IRun? _tracking;
    private Exception? _fault;
    private string? _cancelReason;
    private bool _leaseLost;
    private bool _ended;
    private int _settledCount;

    public RunExecutor(CompiledPipeline pipeline, EngineScope scope, RunRow run, List<StepRow> rows, CancellationToken stop)
    {
        _pipeline = pipeline;
        _scope = scope;
        _run = run;
        _slots = scope.SlotsForRun();
        _rows = rows.ToDictionary(row => row.Step, StringComparer.Ordinal);
        _status = new PipelineStatus[pipeline.Nodes.Length];
        _output = new string?[pipeline.Nodes.Length];
        _waiting = new int[pipeline.Nodes.Length];
        _cancelReason = run.CancelReason;
        _hostStop = stop;
        _work = CancellationTokenSource.CreateLinkedTokenSource(stop);
    }

    private Timestamp Now => _scope.Store.Now;

    // A host that stops cancels the linked source a moment after its own.
    private bool IsCutOff => _work.IsCancellationRequested || _hostStop.IsCancellationRequested;

    /// <summary>Runs until the run has ended, the host stops, or the run is no longer ours.</summary>
    /// <returns>A task that fails when the store refused a commit; the run then goes on elsewhere or later.</returns>
    public async Task ExecuteAsync()
    {
        using var finished = new CancellationTokenSource();
        var heartbeat = HeartbeatAsync(finished.Token);
        try
        {
            if (_run.DefinitionHash != _pipeline.DefinitionHash)
            {
                await CommitAsync(session => _scope.Store.EndRunAsync(session, _run, PipelineStatus.Failed,
                    $"Pipeline '{_run.Pipeline}' has changed since this run began (graph {_run.DefinitionHash[..12]} then, {_pipeline.DefinitionHash[..12]} now). " +
                    "Start a new run; unchanged steps are reused from the cache.")).ConfigureAwait(false);
                return;
            }

            await BeginTrackingAsync().ConfigureAwait(false);
            Tell(null, PipelineStatus.Running, "");
            await LoopAsync().ConfigureAwait(false);
        }
        catch (LeaseLostException)
        {
            _leaseLost = true;
        }
        finally
        {
            await finished.CancelAsync().ConfigureAwait(false);
            await heartbeat.ConfigureAwait(false);
            await AbandonTrackingAsync().ConfigureAwait(false);
            _work.Dispose();
        }

        if (_leaseLost && !_ended)
            LogLeaseLost(_scope.Logger, _run.Id, _run.Pipeline);
    }

    /// <summary>Ends the run early; the request is durable already.</summary>
    public void Cancel(string reason)
    {
        lock (_gate)
        {
            if (_cancelReason is not null)
                return;
            _cancelReason = reason;
        }

        StopWork();
    }

    private async Task LoopAsync()
    {
        Restore();
        if (_cancelReason is not null)
            StopWork();
        var running = 0;
        var interrupted = new List<int>();
        while (true)
        {
            try
            {
                running += await AdvanceAsync().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // The store refused to record what is skipped. Steps that run are stopped and awaited: nothing of this run outlives it.
                Interlocked.CompareExchange(ref _fault, error, null);
                StopWork();
            }

            if (running == 0)
                break;
            var settled = await _settled.Reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            running--;
            if (settled.Status is { } status)
                Settle(settled.Index, status, settled.Output);
            else
                interrupted.Add(settled.Index);
        }

        if (_fault is LeaseLostException || _leaseLost)
        {
            _leaseLost = true;
            return;
        }

        if (_fault is not null)
            throw _fault;
        if (_cancelReason is not null)
            await EndCancelledAsync().ConfigureAwait(false);
        else if (_settledCount < _status.Length)
            await HandBackAsync(interrupted).ConfigureAwait(false);
        else
            await EndAsync().ConfigureAwait(false);
    }

    // What is stored settles nodes again without running anything; a step that was running when its host died is undecided.
    private void Restore()
    {
        foreach (var node in _pipeline.Nodes)
            _waiting[node.Index] = node.Dependencies.Length;
        foreach (var node in _pipeline.Nodes)
        {
            if (_rows.TryGetValue(node.Name, out var row) && row.Status is PipelineStatus.Completed or PipelineStatus.Failed or PipelineStatus.Skipped)
            {
                _status[node.Index] = row.Status;
                _output[node.Index] = row.Output;
                _settledCount++;
                foreach (var dependent in node.Dependents)
                    _waiting[dependent]--;
            }
        }

        foreach (var node in _pipeline.Nodes)
        {
            if (_status[node.Index] == PipelineStatus.Pending && _waiting[node.Index] == 0)
                _decidable.Enqueue(node.Index);
        }
    }

    private void Settle(int index, PipelineStatus status, string? output)
    {
        _status[index] = status;
        _output[index] = output;
        _settledCount++;
        foreach (var dependent in _pipeline.Nodes[index].Dependents)
        {
            if (--_waiting[dependent] == 0 && _status[dependent] == PipelineStatus.Pending)
                _decidable.Enqueue(dependent);
        }
    }

    /// <summary>Decides every node whose predecessors have settled: commits the skipped ones, then starts the others.</summary>
    /// <returns>How many were started.</returns>
    private async ValueTask<int> AdvanceAsync()
    {
        if (IsCutOff)
            return 0;
        var start = new List<int>();
        var skipped = new List<StepRow>();
        while (_decidable.TryDequeue(out var index))
        {
            var node = _pipeline.Nodes[index];
            if (WhySkipped(node) is { } reason)
            {
                skipped.Add(new StepRow(node.Name, PipelineStatus.Skipped) { Reason = reason, EndedAt = Now });
                Settle(index, PipelineStatus.Skipped, null);
            }
            else
            {
                start.Add(index);
            }
        }

        if (skipped.Count > 0)
        {
            await CommitAsync(async session =>
            {
                foreach (var row in skipped)
                    await RunStore.PutStepAsync(session, _run.Id, row).ConfigureAwait(false);
            }).ConfigureAwait(false);
            foreach (var row in skipped)
                Tell(row.Step, PipelineStatus.Skipped, row.Reason);
        }

        foreach (var index in start)
        {
            _status[index] = PipelineStatus.Running;
            var node = _pipeline.Nodes[index];
            var inputs = node.Kind == StepKind.Join
                ? [InputOf(node.Inputs.First(IsCompleted))]
                : Array.ConvertAll(node.Inputs, InputOf);
            _ = Task.Run(() => RunNodeAsync(node, inputs), CancellationToken.None);
        }

        return start.Count;
    }

    private string? WhySkipped(PipelineNode node)
    {
        if (node.Condition >= 0)
        {
            var decision = _pipeline.Nodes[node.Condition].Name;
            if (!IsCompleted(node.Condition))
                return $"the decision '{decision}' {Was(node.Condition)}";
            var answer = _output[node.Condition] == "true";
            if (answer != node.Expected)
                return $"the decision '{decision}' was answered {(answer ? "yes" : "no")}, and this step is for {(answer ? "no" : "yes")}";
        }

        foreach (var after in node.After)
        {
            if (_status[after] is not (PipelineStatus.Completed or PipelineStatus.Skipped))
                return $"'{_pipeline.Nodes[after].Name}' {Was(after)}";
        }

        if (node.Kind == StepKind.Join)
        {
            return Array.Exists(node.Inputs, IsCompleted)
                ? null
                : $"none of its branches completed: {string.Join(", ", node.Inputs.Select(input => $"'{_pipeline.Nodes[input].Name}' {Was(input)}"))}";
        }

        foreach (var input in node.Inputs)
        {
            if (!IsCompleted(input))
                return $"'{_pipeline.Nodes[input].Name}' {Was(input)}";
        }

        return null;
    }

    private string Was(int index) => _status[index] == PipelineStatus.Failed ? "failed" : "was " + _status[index].ToString().ToLowerInvariant();

    private bool IsCompleted(int index) => index == PipelineCompilation.InputIndex || _status[index] == PipelineStatus.Completed;

    private string InputOf(int index) => index == PipelineCompilation.InputIndex ? _run.Input : _output[index]!;

    private ValueTask CommitAsync(Func<IMetadataSession, ValueTask> body) => _scope.Store.CommitAsync(_run.Id, _run.Fence, body);

    private void StopWork()
    {
        try
        {
            _work.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run ended in the meantime.
        }
    }

    private void Tell(string? step, PipelineStatus status, string message, double? fraction = null)
    {
        if (_scope.Progress.HasWatchers)
        {
            _scope.Progress.Publish(new PipelineProgress(
                _run.Id, _run.Pipeline, step, status, fraction ?? (step is null ? (double)_settledCount / _status.Length : status == PipelineStatus.Running ? 0 : 1), message, Now));
        }
    }

    // Without a status the step was cut off.
    private readonly record struct Settled(int Index, PipelineStatus? Status, string? Output);
}
