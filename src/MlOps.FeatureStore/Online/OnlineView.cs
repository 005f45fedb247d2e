namespace MlOps.Features;

/// <summary>A view online: state in memory, a log that every push goes through first, snapshots that cut the log. One process may write it.</summary>
internal sealed class OnlineView : IDisposable
{
    private const long LargestPush = 512L << 20;
    private readonly IFileSystem _files;
    private readonly string _directory;
    private readonly FeatureStoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Lock _queueGate = new();
    private List<(PushRecord Push, TaskCompletionSource<bool> Done)> _queue = [];
    private OnlineLog? _log;
    private long _generation;
    private volatile OnlineCheckpoint? _checkpoint;
    private long _coarseReads;
    private long _refusedRows;
    private long _snapshotBytes;

    public OnlineView(IFileSystem files, string directory, ViewPlan plan, FeatureStoreOptions options, TimeProvider clock)
    {
        _files = files;
        _directory = directory;
        Plan = plan;
        Layout = new OnlineLayout(plan);
        _options = options;
        _clock = clock;
    }

    public ViewPlan Plan { get; }

    public OnlineLayout Layout { get; }

    /// <summary>The state that reads go to; null until opened.</summary>
    public OnlineState? State => _checkpoint?.State;

    public OnlineCheckpoint? Checkpoint => _checkpoint;

    /// <summary>Reads since the process opened the view that lay before the moment from which answers are exact.</summary>
    public long CoarseReads => Interlocked.Read(ref _coarseReads);

    /// <summary>Rows since the process opened the view that were refused because of the memory bound.</summary>
    public long RefusedRows => Interlocked.Read(ref _refusedRows);

    public void CountCoarseRead() => Interlocked.Increment(ref _coarseReads);

    /// <summary>A state without rows, as the options want it.</summary>
    public OnlineState EmptyState() => new(Plan, _options, _clock);

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (_checkpoint is not null && _log is not null)
            return;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Open();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Makes a push durable and applies it; false when its source had brought that offset already.</summary>
    public async ValueTask<bool> PushAsync(PushRecord push, CancellationToken cancellationToken)
    {
        if (push.EstimatedBytes > LargestPush)
            throw new InvalidInputException($"A push of {push.Rows.Count:N0} rows to feature view '{Plan.View.Name}' takes about {push.EstimatedBytes:N0} bytes; {LargestPush:N0} are allowed at once. Split it.");
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_queueGate)
            _queue.Add((push, done));
        // No cancellation from here on: the push may be in a frame that another caller writes.
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (!done.Task.IsCompleted)
                WriteQueue();
        }
        finally
        {
            _gate.Release();
        }

        return await done.Task.ConfigureAwait(false);
    }

    /// <summary>Brings history online; see <see cref="Materializer"/>.</summary>
    public ValueTask<MaterializeResult> MaterializeAsync(IEntityHistory history, long upTo, MaterializeOptions options, CancellationToken cancellationToken) =>
        ChangeAsync(
            former =>
            {
                var materializer = new Materializer(history, former, options.Rebuild ? EmptyState() : null, _options, cancellationToken) { Progress = options.Progress, Commit = SaveSnapshot };
                return materializer.Run(upTo);
            },
            cancellationToken);

    /// <summary>
    /// Takes an entity out durably: it reads as never seen, and no file holds its key or values any more. What is pushed for it later counts from zero.
    /// </summary>
    /// <returns>Whether it was there.</returns>
    public ValueTask<bool> EraseAsync(string[] key, CancellationToken cancellationToken)
    {
        if (key.Length != Plan.View.Keys.Count)
            throw new InvalidInputException($"Feature view '{Plan.View.Name}' has {Plan.View.Keys.Count} key(s) ({string.Join(", ", Plan.View.Keys.Select(part => part.Name))}); {key.Length} were given.");
        return ChangeAsync(
            former =>
            {
                var entity = former.State.Find(key);
                if (entity >= 0)
                    former.State.Remove((int)entity);
                former.State.ForgetTexts();
                // The log may hold rows of an entity that is not in memory any more: it is cut in any case.
                return (former, entity >= 0);
            },
            cancellationToken);
    }

    /// <summary>Changes the checkpoint under the lock and makes the change durable by a snapshot.</summary>
    public async ValueTask<T> ChangeAsync<T>(Func<OnlineCheckpoint, (OnlineCheckpoint? Next, T Result)> change, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Open();
            try
            {
                var (next, result) = change(_checkpoint!);
                if (next is not null)
                    SaveSnapshot(next);
                return result;
            }
            catch (Exception error) when (error is not InvalidInputException)
            {
                // The state in memory may be ahead of the disk: read it back at the next call.
                Reset();
                throw;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _log?.Dispose();
        _log = null;
        _gate.Dispose();
    }

    private void Open()
    {
        if (_checkpoint is not null && _log is not null)
            return;
        _files.CreateDirectory(_directory);
        var names = _files.ListFiles(_directory);
        foreach (var stale in names.Where(name => name.EndsWith(".tmp", StringComparison.Ordinal)))
            _files.Delete(stale);
        var snapshots = Generations(names, "snapshot-");
        var logs = Generations(names, "log-");
        _generation = snapshots.Count > 0 ? snapshots.Keys.Max() : 0;
        var checkpoint = snapshots.Count > 0
            ? OnlineCheckpoint.Load(_files, snapshots[_generation], Plan, EmptyState())
            : new OnlineCheckpoint { State = EmptyState() };
        _snapshotBytes = snapshots.Count > 0 ? _files.FileLength(snapshots[_generation]) : 0;
        foreach (var old in snapshots.Concat(logs).Where(pair => pair.Key < _generation))
            _files.Delete(old.Value);
        _log?.Dispose();
        _log = OnlineLog.Open(_files, LogPath(_generation), Plan, push => Replay(checkpoint, push));
        _checkpoint = checkpoint;
    }

    private void WriteQueue()
    {
        List<(PushRecord Push, TaskCompletionSource<bool> Done)> group;
        lock (_queueGate)
        {
            group = _queue;
            _queue = [];
        }

        try
        {
            Open();
            var fresh = new List<PushRecord>(group.Count);
            var last = new Dictionary<string, long>(StringComparer.Ordinal);
            var applied = new bool[group.Count];
            var refused = new Dictionary<string, Exception>(StringComparer.Ordinal);
            var promised = 0L;
            for (var i = 0; i < group.Count; i++)
            {
                var push = group[i].Push;
                // What follows a refused push must not overtake it: its offset would then look delivered.
                if (refused.TryGetValue(push.Source, out var refusal))
                {
                    Refuse(group[i], refusal);
                    continue;
                }

                if (!last.TryGetValue(push.Source, out var offset) && !_checkpoint!.Sources.TryGetValue(push.Source, out offset))
                    offset = long.MinValue;
                if (push.Offset <= offset)
                    continue;
                if (_checkpoint!.State.MakeRoom(push.Rows, ref promised) is { } full)
                {
                    refused.Add(push.Source, full);
                    Refuse(group[i], full);
                    continue;
                }

                last[push.Source] = push.Offset;
                applied[i] = true;
                fresh.Add(push);
            }

            if (fresh.Count > 0)
            {
                _log!.Append(fresh);
                foreach (var push in fresh)
                    Apply(_checkpoint!, push);
            }

            for (var i = 0; i < group.Count; i++)
                group[i].Done.TrySetResult(applied[i]);
        }
        catch (Exception error)
        {
            // What reached the disk is unknown: read it back at the next call. A push that did survive is then known by its offset.
            Reset();
            foreach (var (_, done) in group)
                done.TrySetException(error);
            return;
        }

        // A large snapshot is written less often, so that pushes stay most of what is written.
        if (_log!.Length > Math.Max(_options.SnapshotLogBytes, _snapshotBytes / 2))
        {
            try
            {
                _checkpoint!.State.DropExpired();
                SaveSnapshot(_checkpoint!);
            }
            catch (StorageException)
            {
                // The pushes are safe in the log; the snapshot is tried again after the next push, from what the disk holds.
                Reset();
            }
        }
    }

    private void SaveSnapshot(OnlineCheckpoint next)
    {
        _snapshotBytes = next.Save(_files, Path.Combine(_directory, $"snapshot-{_generation + 1:D10}.bin"), Plan);
        _generation++;
        _checkpoint = next;
        _log!.Dispose();
        _log = null;
        _log = OnlineLog.Open(_files, LogPath(_generation), Plan, static _ => { });
        _files.Delete(LogPath(_generation - 1));
        _files.Delete(Path.Combine(_directory, $"snapshot-{_generation - 1:D10}.bin"));
        _files.FlushDirectory(_directory);
    }

    private void Refuse((PushRecord Push, TaskCompletionSource<bool> Done) push, Exception refusal)
    {
        Interlocked.Add(ref _refusedRows, push.Push.Rows.Count);
        push.Done.TrySetException(refusal);
    }

    // Readers keep the state they have until it is read anew.
    private void Reset()
    {
        _log?.Dispose();
        _log = null;
    }

    // What was acknowledged is taken in whatever the bound says now; room is made as it was made then.
    private static void Replay(OnlineCheckpoint checkpoint, PushRecord push)
    {
        var promised = 0L;
        checkpoint.State.MakeRoom(push.Rows, ref promised);
        Apply(checkpoint, push);
    }

    private static void Apply(OnlineCheckpoint checkpoint, PushRecord push)
    {
        if (checkpoint.Sources.TryGetValue(push.Source, out var offset) && push.Offset <= offset)
            return;
        checkpoint.State.Apply(push.Rows);
        checkpoint.Sources[push.Source] = push.Offset;
        checkpoint.HasPushes = true;
    }

    private string LogPath(long generation) => Path.Combine(_directory, $"log-{generation:D10}.bin");

    private static Dictionary<long, string> Generations(IReadOnlyList<string> names, string prefix) =>
        names.Select(path => (path, name: Path.GetFileNameWithoutExtension(path)))
            .Where(pair => pair.name.StartsWith(prefix, StringComparison.Ordinal) && pair.path.EndsWith(".bin", StringComparison.Ordinal))
            .Where(pair => long.TryParse(pair.name.AsSpan(prefix.Length), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out _))
            .ToDictionary(pair => long.Parse(pair.name.AsSpan(prefix.Length), System.Globalization.CultureInfo.InvariantCulture), pair => pair.path);
}
