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

        try
        {
            _wake.Set();
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: the writer has emptied the queue before it ended.
        }

        return new ValueTask<T>(request.Task);
    }

    private void WriteLoop()
    {
        var batch = new List<WriteRequest>(_options.MaxBatch);
        try
        {
            while (true)
            {
                batch.Clear();
                bool more;
                lock (_queueLock)
                {
                    while (batch.Count < _options.MaxBatch && _queue.TryDequeue(out var request))
                    {
                        Interlocked.Decrement(ref _waiting);
                        batch.Add(request);
                    }

                    more = _queue.Count > 0;
                    if (batch.Count == 0 && !more && Volatile.Read(ref _disposed) != 0)
                    {
                        _closed = true;
                        return;
                    }
                }

                if (batch.Count == 0)
                    _wake.WaitOne();
                else
                    CommitTogether(batch);
            }
        }
        finally
        {
            _finished.TrySetResult();
        }
    }

    private void CommitTogether(List<WriteRequest> batch)
    {
        try
        {
            _writer ??= Reopen();
            LeaveRoomForOthers();
            var started = Stopwatch.GetTimestamp();
            for (var attempt = 0; TryCommit(_writer, batch) == BatchEnd.Busy; attempt++)
            {
                _metOthers = Stopwatch.GetTimestamp();
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
        if (_metOthers != 0 && Stopwatch.GetElapsedTime(_metOthers) < Courtesy)
            _pause.Wait(Backoff(2));
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
