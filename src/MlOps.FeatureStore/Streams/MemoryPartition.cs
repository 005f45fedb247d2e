using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace MlOps.Features;

/// <summary>
/// Rows in memory on their way to one job. What was read stays until it is checkpointed, so that a job that is stopped and started again in
/// the process goes on without loss.
/// </summary>
internal sealed class MemoryPartition(int capacity) : IChannelPartition
{
    private readonly Channel<StreamRecords> _unread = Channel.CreateUnbounded<StreamRecords>(new UnboundedChannelOptions { SingleReader = true });
    private readonly RowBudget _budget = new(capacity);
    private readonly Queue<StreamRecords> _kept = new();
    private readonly Lock _gate = new();
    private bool _isRead;
    private long _next;
    private long _first;

    public StreamRange Range
    {
        get
        {
            lock (_gate)
                return new StreamRange(_first, _next - 1);
        }
    }

    public async ValueTask<long> WriteAsync(DataFrame rows, CancellationToken cancellationToken)
    {
        if (rows.RowCount > 0)
            await _budget.TakeAsync(rows.RowCount, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            if (rows.RowCount > 0 && !_unread.Writer.TryWrite(LoggedPartition.Records(rows, _next)))
            {
                _budget.Give(rows.RowCount);
                throw new InvalidInputException("The stream is complete: rows cannot be written any more.");
            }

            _next += rows.RowCount;
            return _next - 1;
        }
    }

    public async IAsyncEnumerable<StreamRecords> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StreamRecords[] kept;
        lock (_gate)
        {
            if (_isRead)
                throw new InvalidDefinitionException("A stream in memory is read by one job at a time. Give it a log (FeatureChannelOptions.LogFolder), which any number of jobs can read.");
            _isRead = true;
            kept = [.. _kept];
        }

        try
        {
            foreach (var records in kept)
            {
                if (records.Last > after)
                    yield return Behind(records, after);
            }

            while (await _unread.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (_unread.Reader.TryPeek(out var records))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    lock (_gate)
                    {
                        _unread.Reader.TryRead(out _);
                        _kept.Enqueue(records);
                    }

                    _budget.Give(records.Rows.RowCount);
                    if (records.Last > after)
                        yield return Behind(records, after);
                }
            }
        }
        finally
        {
            lock (_gate)
                _isRead = false;
        }
    }

    public void Checkpointed(long offset)
    {
        lock (_gate)
        {
            while (_kept.TryPeek(out var oldest) && oldest.Last <= offset)
            {
                _kept.Dequeue();
                _first = oldest.Last + 1;
            }
        }
    }

    public void Complete() => _unread.Writer.TryComplete();

    public void Dispose() => Complete();

    private static StreamRecords Behind(StreamRecords records, long after)
    {
        var start = EntityRows.LowerBound(records.Offsets.Span, after + 1);
        return start == 0 ? records : records with { Rows = records.Rows.Slice(start, records.Rows.RowCount - start), Offsets = records.Offsets[start..] };
    }
}
