using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>Rows in a durable log. Writers that wait together share one flush; each reader follows at its own pace.</summary>
internal sealed class LoggedPartition(StreamLog log) : IChannelPartition
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Lock _queueGate = new();
    private readonly Lock _signalGate = new();
    private List<(DataFrame Rows, TaskCompletionSource<long> Done)> _queue = [];
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isComplete;

    public StreamRange Range => log.Range;

    public async ValueTask<long> WriteAsync(DataFrame rows, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var done = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_queueGate)
        {
            if (_isComplete)
                throw new InvalidInputException("The stream is complete: rows cannot be written any more.");
            _queue.Add((rows, done));
        }

        // Not cancelled from here on: another writer may be writing these rows.
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

    public async IAsyncEnumerable<StreamRecords> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var cursor = log.Read(after);
        while (true)
        {
            Task grown;
            bool isComplete;
            // Before looking: what is written afterwards completes this very task.
            lock (_signalGate)
            {
                grown = _grown.Task;
                isComplete = Volatile.Read(ref _isComplete);
            }

            while (cursor.Next() is { } found)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return Records(found.Rows, found.First);
            }

            if (isComplete)
                yield break;
            await grown.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Checkpointed(long offset) => log.Checkpointed(offset);

    public void Complete()
    {
        lock (_queueGate)
            Volatile.Write(ref _isComplete, true);
        // After the writers that are on their way.
        _gate.Wait();
        try
        {
            WriteQueue();
            Signal();
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        Complete();
        log.Dispose();
    }

    internal static StreamRecords Records(DataFrame rows, long first)
    {
        var offsets = new long[rows.RowCount];
        for (var i = 0; i < offsets.Length; i++)
            offsets[i] = first + i;
        return new StreamRecords { Rows = rows, Offsets = offsets };
    }

    private void WriteQueue()
    {
        List<(DataFrame Rows, TaskCompletionSource<long> Done)> group;
        lock (_queueGate)
        {
            group = _queue;
            _queue = [];
        }

        if (group.Count == 0)
            return;
        try
        {
            var last = log.Append([.. group.Select(entry => entry.Rows)]);
            for (var i = group.Count - 1; i >= 0; i--)
            {
                group[i].Done.SetResult(last);
                last -= group[i].Rows.RowCount;
            }
        }
        catch (Exception error)
        {
            foreach (var (_, done) in group)
                done.TrySetException(error);
        }

        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource grown;
        lock (_signalGate)
        {
            grown = _grown;
            _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        grown.SetResult();
    }
}
