namespace MlOps.Features;

/// <summary>The rows of a batch on their way into segments, run by run.</summary>
internal sealed class BatchContent
{
    private readonly ViewPlan _plan;
    private readonly DataFrame? _frame;
    private readonly RowBatch? _batch;
    private readonly int _runRows;

    public BatchContent(ViewPlan plan, DataFrame frame, int runRows)
    {
        _plan = plan;
        _frame = frame;
        _runRows = runRows;
        Rows = frame.RowCount;
        Runs = (int)(((long)Rows + runRows - 1) / runRows);
    }

    /// <summary>Rows that were checked before: one run.</summary>
    public BatchContent(ViewPlan plan, RowBatch batch)
    {
        _plan = plan;
        _batch = batch;
        Rows = batch.Count;
        Runs = Rows == 0 ? 0 : 1;
    }

    public int Rows { get; }

    public int Runs { get; }

    public RowBatch Read(int run)
    {
        if (_batch is not null)
            return _batch;
        var first = run * _runRows;
        return RowBatchReader.Read(_plan, Runs == 1 ? _frame! : _frame!.Slice(first, Math.Min(_runRows, Rows - first)), first);
    }

    /// <summary>The digest of the whole content, read run by run.</summary>
    public string Digest() => BatchDigest.Combine([.. Enumerable.Range(0, Runs).Select(run => BatchDigest.Of(Read(run)))]);
}
