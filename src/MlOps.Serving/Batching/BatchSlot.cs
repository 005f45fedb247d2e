namespace MlOps.Serving;

/// <summary>A batch being formed, run or answered: the bound buffers and the requests whose rows they hold.</summary>
internal sealed class BatchSlot(IBatchBuffer buffer)
{
    private int _cursor;

    public IBatchBuffer Buffer { get; } = buffer;

    public BatchRequest?[] Requests { get; } = new BatchRequest?[buffer.MaximumRows];

    /// <summary>Rows reserved; guarded by the engine's lock until the batch is taken.</summary>
    public int Count { get; set; }

    /// <summary>Rows written, when rows are written outside of the lock.</summary>
    public int Written;

    /// <summary>The next batch of the queue.</summary>
    public BatchSlot? Next { get; set; }

    /// <summary>Rows after cancelled and expired ones were taken out.</summary>
    public int Live { get; set; }

    /// <summary>Threads that answer its callers; more than one after a leader was found blocked. Guarded by the engine's lock.</summary>
    public int Holders { get; set; } = 1;

    /// <summary>How each row ended; null means all well.</summary>
    public BatchAnswer[]? Answers { get; set; }

    public void Reset()
    {
        Count = 0;
        Written = 0;
        Live = 0;
        Holders = 1;
        Next = null;
        Answers = null;
        _cursor = 0;
    }

    /// <summary>Claims the next request to be answered; two threads may do so when one was found blocked.</summary>
    public bool TryTakeNext(out BatchRequest request, out int index)
    {
        index = Interlocked.Increment(ref _cursor) - 1;
        if (index >= Live)
        {
            request = null!;
            return false;
        }

        request = Requests[index]!;
        Requests[index] = null;
        return true;
    }
}
