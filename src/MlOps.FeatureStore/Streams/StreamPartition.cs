using System.Threading.Channels;

namespace MlOps.Features;

/// <summary>
/// One partition of a running job: a reader, which leaves out what came before; an applier, which makes rows durable online; a lander, which
/// commits them offline. Each has its own offset, kept with what it stands for, so that a crash between any two steps costs nothing.
/// </summary>
internal sealed partial class StreamPartition
{
    private readonly StreamRun _run;
    private readonly StreamJob _job;
    private readonly FeatureView _view;
    private readonly RowBudget _budget;
    private readonly Channel<StreamItem> _read = Channel.CreateUnbounded<StreamItem>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Channel<LandItem> _applied = Channel.CreateUnbounded<LandItem>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly string _part;
    private readonly Lock _waitGate = new();
    private readonly List<(long Offset, TaskCompletionSource Done)> _waiting = [];
    private StreamClock.Partition _time = null!;
    private bool _ended;
    private long _online = -1;
    private long _landed = -1;
    private long _onlineAtStart;
    private long _landedAtStart;
    private long _checkpointed = -1;
    private long _lateRows;

    public StreamPartition(StreamRun run, string name)
    {
        _run = run;
        _job = run.Job;
        _view = run.View;
        Name = name;
        _part = $"{_job.Source.Name}/{name}";
        _budget = new RowBudget(_job.RowsInFlight);
    }

    public string Name { get; }

    private string OnlineSource => $"stream/{_job.Name}/{_part}";

    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        _online = _onlineAtStart = await _run.Store.LastOffsetAsync(_view, OnlineSource, cancellationToken).ConfigureAwait(false);
        var (landed, newest, late) = await _run.Offsets.ReadAsync(_view, _job.Name, _part, cancellationToken).ConfigureAwait(false);
        _landed = _landedAtStart = landed;
        _lateRows = late;
        _time = _run.Clock.Add(newest);
        var range = await _job.Source.GetRangeAsync(Name, cancellationToken).ConfigureAwait(false);
        if (range.First > From + 1 && range.Last > From)
            throw new StorageException(
                $"Stream job '{_job.Name}' goes on behind offset {From} of partition '{Name}', but source '{_job.Source.Name}' keeps records from {range.First} only: those between are lost. "
                + "Keep records longer than a job may rest. To go on without them, start the job under another name.");
        if (range.Last < From)
            throw new StorageException(
                $"Stream job '{_job.Name}' has taken offset {From} of partition '{Name}', but source '{_job.Source.Name}' ends at {range.Last}: it is another stream, or was set back. Give the source a new name when it begins anew.");
        // A job that lands is known from its start, so that a rebuild can tell what has not landed yet.
        if (_job.LandOffline && landed < 0)
            await _run.Offsets.MoveAsync(_view, _job.Name, _part, -1, newest, late, cancellationToken).ConfigureAwait(false);
    }

    public async Task RunAsync()
    {
        try
        {
            await Task.WhenAll(Guard(ReadAsync), Guard(ApplyAsync), Guard(LandAsync)).ConfigureAwait(false);
            if (_job.LandOffline)
                await _run.Offsets.MoveAsync(_view, _job.Name, _part, _landed, _time.Newest, _lateRows, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _run.Clock.Remove(_time);
            List<(long, TaskCompletionSource Done)> waiting;
            lock (_waitGate)
            {
                _ended = true;
                waiting = [.. _waiting];
                _waiting.Clear();
            }

            foreach (var (_, done) in waiting)
                done.TrySetException(Ended());
        }
    }

    public async ValueTask<StreamPartitionStatus> StatusAsync(CancellationToken cancellationToken)
    {
        var range = await _job.Source.GetRangeAsync(Name, cancellationToken).ConfigureAwait(false);
        var (watermark, isIdle) = _run.Clock.Read(_time);
        var online = Volatile.Read(ref _online);
        return new StreamPartitionStatus
        {
            Partition = Name,
            OnlineOffset = online,
            LandedOffset = Volatile.Read(ref _landed),
            Lag = Math.Max(0, range.Last - Math.Max(online, range.First - 1)),
            Watermark = watermark == long.MinValue ? null : new Timestamp(watermark),
            IsIdle = isIdle,
            LateRows = Interlocked.Read(ref _lateRows),
        };
    }

    public Task ReachAsync(long offset)
    {
        lock (_waitGate)
        {
            if (_checkpointed >= offset)
                return Task.CompletedTask;
            if (_ended)
                return Task.FromException(Ended());
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((offset, done));
            return done.Task;
        }
    }

    private long From => _job.LandOffline ? Math.Min(_onlineAtStart, _landedAtStart) : _onlineAtStart;

    private StorageException Ended() => new($"Stream job '{_job.Name}' ended before it reached that offset of partition '{Name}'. Start it again.");

    // One loop that fails ends the reading; what the others hold is brought in as far as possible.
    private async Task Guard(Func<Task> loop)
    {
        try
        {
            await Task.Run(loop).ConfigureAwait(false);
        }
        catch
        {
            _run.StopReading();
            throw;
        }
    }

    private async ValueTask CheckpointAsync(long offset)
    {
        List<TaskCompletionSource> done;
        lock (_waitGate)
        {
            _checkpointed = Math.Max(_checkpointed, offset);
            done = [.. _waiting.Where(waiting => waiting.Offset <= offset).Select(waiting => waiting.Done)];
            _waiting.RemoveAll(waiting => waiting.Offset <= offset);
        }

        done.ForEach(waiting => waiting.TrySetResult());
        await _job.Source.CheckpointedAsync(Name, offset, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Rows that are online, or were kept from it, on their way into the offline store.</summary>
    private sealed record LandItem(StreamItem Item, RowBatch? Batch, long NewestEvent, long LateRows);
}
