namespace MlOps.Serving;

/// <summary>The requests whose rows have one shape: their queue, what their batches cost, and the memory that they use in turn.</summary>
internal sealed class TensorBucket
{
    private readonly Stack<BatchMemory> _free = new();
    private int _maximumRows;

    public TensorBucket(int[][] rowShapes, int paddedLength, int maximumRows, int parallelRows = 0)
    {
        RowShapes = rowShapes;
        PaddedLength = paddedLength;
        _maximumRows = maximumRows;
        Costs = new BatchCosts(maximumRows, parallelRows);
    }

    /// <summary>The dimensions of a row of each input; none for requests that run alone.</summary>
    public int[][] RowShapes { get; }

    public int PaddedLength { get; }

    public BatchCosts Costs { get; }

    /// <summary>Whether its requests run one by one.</summary>
    public bool Alone => RowShapes.Length == 0;

    public int MaximumRows => Volatile.Read(ref _maximumRows);

    /// <summary>Guarded by the engine's lock, as all that follows.</summary>
    public TensorLine Waiting { get; } = new();

    public int WaitingRows { get; set; }

    public bool Queued { get; set; }

    /// <summary>Batches being run.</summary>
    public int Running { get; set; }

    public long LastUse { get; set; }

    public long CachedBytes { get; private set; }

    /// <summary>Rows that must wait before another leader starts.</summary>
    public int ParallelRows => Alone ? 1 : Costs.ParallelRows;

    public bool Matches(int[][] rowShapes)
    {
        for (var i = 0; i < rowShapes.Length; i++)
        {
            if (!rowShapes[i].AsSpan().SequenceEqual(RowShapes[i]))
                return false;
        }

        return true;
    }

    public void Cap(int rows)
    {
        if (rows >= MaximumRows)
            return;
        Volatile.Write(ref _maximumRows, Math.Max(1, rows));
        Costs.Cap(rows);
    }

    public BatchMemory? TryRent(int rows)
    {
        if (!_free.TryPop(out var memory))
            return null;
        CachedBytes -= memory.Bytes;
        if (memory.MaximumRows >= rows)
            return memory;
        memory.Dispose();
        return null;
    }

    public void Keep(BatchMemory memory)
    {
        CachedBytes += memory.Bytes;
        _free.Push(memory);
    }

    /// <summary>Gives its free memory up.</summary>
    public void Trim()
    {
        while (_free.TryPop(out var memory))
            memory.Dispose();
        CachedBytes = 0;
    }
}
