namespace MlOps.Serving;

/// <summary>The rows that wait outside of the batches, by priority and caller. Guarded by the engine's lock.</summary>
internal sealed class RowLanes(int width)
{
    private readonly RowClass[] _classes = [new(), new(), new()];
    private readonly Stack<ParkedRow> _free = new();

    public int Count => _classes[0].Count + _classes[1].Count + _classes[2].Count;

    /// <summary>The classes, those that go first first.</summary>
    public ReadOnlySpan<RowClass> Classes => _classes;

    public RowClass Normal => _classes[1];

    public ParkedRow Rent()
    {
        var row = _free.TryPop(out var free) ? free : new ParkedRow(width);
        if (row.Request is not { IsFree: true })
            row.Request = new BatchRequest();
        return row;
    }

    public void Return(ParkedRow row) => _free.Push(row);

    public void Park(ParkedRow row, in RowTerms terms) => _classes[1 - (int)terms.Priority].Add(terms.Caller, row);

    /// <summary>
    /// The queue is full: takes out the newest row of a lower class, or of the caller that has the most rows waiting, if that makes
    /// things fairer.
    /// </summary>
    /// <param name="terms">What the new row asks.</param>
    /// <param name="own">Rows of the new row's caller that wait elsewhere.</param>
    /// <returns>The displaced row, or null: the new one is to be refused.</returns>
    public ParkedRow? Displace(in RowTerms terms, int own)
    {
        var mine = 1 - (int)terms.Priority;
        for (var lower = 2; lower > mine; lower--)
        {
            if (_classes[lower].Largest is { } lane)
                return _classes[lower].TakeNewest(lane);
        }

        return _classes[mine].Largest is { } largest && largest.Count > own + _classes[mine].CountOf(terms.Caller) + 1
            ? _classes[mine].TakeNewest(largest)
            : null;
    }
}
