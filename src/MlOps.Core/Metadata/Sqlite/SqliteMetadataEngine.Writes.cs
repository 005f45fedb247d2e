using System.Diagnostics;
using SQLitePCL;

namespace MlOps.Metadata;

internal sealed partial class SqliteMetadataEngine
{
    // How long after meeting another writer this process leaves it room between two commits.
    private static readonly TimeSpan Courtesy = TimeSpan.FromMilliseconds(200);
    private readonly Lock _queueLock = new();
    private readonly Queue<WriteRequest> _queue = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AsyncLocal<WriteScope?> _scope = new();
    private readonly ManualResetEventSlim _pause = new();
    private readonly Thread _thread;
    private SqliteLink? _writer;
    private int _waiting;
    private int _leading;

    // A batch that met another process while its caller committed it; the writer thread waits for the lock.
    private List<WriteRequest>? _carried;
    private bool _closed;
    private long _metOthers;

    private enum BatchEnd
    {
        Done,
        Busy,
    }

    public ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<T>(cancellationToken);
        if (_scope.Value is { Active: true })
        {
            throw new InvalidOperationException(
                "A write was started inside a write of the same metadata store, which would wait for itself. Use the session that the outer delegate received.");
        }

        if (Interlocked.Increment(ref _waiting) > _options.QueueCapacity)
        {
            Interlocked.Decrement(ref _waiting);
            throw new OverloadedException(
                $"The write queue of the metadata store '{_path}' is full: {_options.QueueCapacity} writes wait. Retry later, or write less often with more rows each.",
                TimeSpan.FromSeconds(1));
        }

        var request = new WriteRequest<T>(write, _scope, cancellationToken);
        bool accepted;
        lock (_queueLock)
        {
            accepted = !_closed && Volatile.Read(ref _disposed) == 0;
            if (accepted)
                _queue.Enqueue(request);
        }

        if (!accepted)
        {
            Interlocked.Decrement(ref _waiting);
            request.TryWithdraw();
            throw new ObjectDisposedException(nameof(IMetadataStore), $"The metadata store '{_path}' has been closed.");
        }

        // A caller that finds the store idle commits by itself: two changes of thread cost more than a short transaction. What
        // comes meanwhile waits in the queue and shares the next commit, which is the writer thread's.
        if (MayCommitHere() && TryLead())
            CommitHere();
        return new ValueTask<T>(request.Task);
    }

    // A thread with a context of its own (a user interface) must not wait for a disk, nor any for another process.
    private bool MayCommitHere()
    {
        if (SynchronizationContext.Current is null && Volatile.Read(ref _carried) is null && !MetOthersLately())
            return true;
        Wake();
        return false;
    }

    private void CommitHere()
    {
        try
        {
            if (Volatile.Read(ref _carried) is null && Take() is { Count: > 0 } batch)
                CommitTogether(batch, here: true);
        }
        finally
        {
            EndLeading();
        }
    }

    /// <summary>Whoever leads has the writer's connection to itself until <see cref="EndLeading"/>.</summary>
    private bool TryLead() => Interlocked.CompareExchange(ref _leading, 1, 0) == 0;

    private void EndLeading()
    {
        Interlocked.Exchange(ref _leading, 0);
        // Those who came while this one led have left it to the leader to see to their turn.
        if (HasWork() || Volatile.Read(ref _disposed) != 0)
            Wake();
    }

    private bool HasWork()
    {
        lock (_queueLock)
            return _carried is not null || _queue.Count > 0;
    }

    private void Wake()
    {
        try
        {
            _wake.Set();
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: the writer has emptied the queue before it ended.
        }
    }

    private List<WriteRequest> Take()
    {
        var batch = new List<WriteRequest>();
        lock (_queueLock)
        {
            while (batch.Count < _options.MaxBatch && _queue.TryDequeue(out var request))
            {
                Interlocked.Decrement(ref _waiting);
                batch.Add(request);
            }
        }

        return batch;
    }

    private void WriteLoop()
    {
        try
        {
            while (true)
            {
                _wake.WaitOne();
                while (HasWork() && TryLead())
                {
                    try
                    {
                        var batch = Interlocked.Exchange(ref _carried, null) ?? Take();
                        if (batch.Count > 0)
                            CommitTogether(batch, here: false);
                    }
                    finally
                    {
                        Interlocked.Exchange(ref _leading, 0);
                    }
                }

                if (Volatile.Read(ref _disposed) != 0 && IsDone())
                    return;
            }
        }
        finally
        {
            _finished.TrySetResult();
        }
    }

    /// <summary>Closes the queue once nothing waits and nobody leads; a leader that is still at work wakes the writer at its end.</summary>
    private bool IsDone()
    {
        if (!TryLead())
            return false;
        lock (_queueLock)
            _closed = _carried is null && _queue.Count == 0;
        if (_closed)
            return true;
        EndLeading();
        return false;
    }

    private void CommitTogether(List<WriteRequest> batch, bool here)
    {
        try
        {
            _writer ??= Reopen();
            if (!here)
                LeaveRoomForOthers();
            var started = Stopwatch.GetTimestamp();
            for (var attempt = 0; TryCommit(_writer, batch) == BatchEnd.Busy; attempt++)
            {
                _metOthers = Stopwatch.GetTimestamp();
                if (here)
                {
                    Volatile.Write(ref _carried, batch);
                    return;
                }

                if (Stopwatch.GetElapsedTime(started) > _options.LockTimeout)
                {
                    FailAll(batch, LockTimedOut());
                    return;
                }

                _pause.Wait(Backoff(attempt));
            }
        }
        catch (Exception exception)
        {
            DropWriter();
            FailAll(batch, exception as MlOpsException ?? new StorageException($"Metadata store '{_path}': a commit failed: {exception.Message}", exception));
        }
    }

    private BatchEnd TryCommit(SqliteLink link, List<WriteRequest> batch)
    {
        var code = link.Run("BEGIN IMMEDIATE");
        if (code != raw.SQLITE_OK)
            return EndFailed(link, batch, code, "BEGIN IMMEDIATE");

        var alone = batch.Count == 1;
        foreach (var request in batch)
        {
            if (!request.TryStart())
                continue;
            if (!alone)
                link.Require("SAVEPOINT one");
            var session = new SqliteSession(link);
            request.Run(session);
            if (session.MetBusy)
            {
                link.Rollback();
                return BatchEnd.Busy;
            }

            if (!link.InTransaction || session.BrokeConnection)
            {
                FailAll(batch, new StorageException(
                    $"Metadata store '{_path}': the transaction was ended by SQLite or by a statement of a write ({request.Error?.Message ?? "no error"}). Nothing was changed.",
                    request.Error));
                link.Rollback();
                DropWriter();
                return BatchEnd.Done;
            }

            if (request.Error is not null && alone)
            {
                link.Rollback();
                request.CompleteIfStarted();
                return BatchEnd.Done;
            }

            if (request.Error is not null)
                link.Require("ROLLBACK TO one");
            if (!alone)
                link.Require("RELEASE one");
        }

        code = link.Run("COMMIT");
        if (code != raw.SQLITE_OK)
            return EndFailed(link, batch, code, "COMMIT");
        foreach (var request in batch)
            request.CompleteIfStarted();
        return BatchEnd.Done;
    }

    private BatchEnd EndFailed(SqliteLink link, List<WriteRequest> batch, int code, string operation)
    {
        var error = SqliteErrors.IsBusy(code) ? null : link.Error(code, operation);
        link.Rollback();
        if (error is null)
            return BatchEnd.Busy;
        LogCommitFailed(_logger, _path, error);
        if (SqliteErrors.BreaksConnection(code))
            DropWriter();
        FailAll(batch, error);
        return BatchEnd.Done;
    }

    private void LeaveRoomForOthers()
    {
        if (MetOthersLately())
            _pause.Wait(Backoff(2));
    }

    private bool MetOthersLately()
    {
        var met = Volatile.Read(ref _metOthers);
        return met != 0 && Stopwatch.GetElapsedTime(met) < Courtesy;
    }

    private void DropWriter()
    {
        _writer?.Dispose();
        _writer = null;
    }

    private static void FailAll(List<WriteRequest> batch, Exception error)
    {
        foreach (var request in batch)
            request.Fail(error);
    }
}
