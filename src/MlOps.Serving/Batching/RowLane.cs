namespace MlOps.Serving;

/// <summary>The waiting rows of one caller in one class of priority, oldest first.</summary>
internal sealed class RowLane(string caller)
{
    private ParkedRow? _first;
    private ParkedRow? _last;

    public string Caller { get; } = caller;

    public int Count { get; private set; }

    public void Add(ParkedRow row)
    {
        row.Previous = _last;
        row.Next = null;
        if (_last is null)
            _first = row;
        else
            _last.Next = row;
        _last = row;
        Count++;
    }

    public ParkedRow TakeOldest()
    {
        var row = _first!;
        _first = row.Next;
        if (_first is null)
            _last = null;
        else
            _first.Previous = null;
        row.Next = null;
        Count--;
        return row;
    }

    public ParkedRow TakeNewest()
    {
        var row = _last!;
        _last = row.Previous;
        if (_last is null)
            _first = null;
        else
            _last.Next = null;
        row.Previous = null;
        Count--;
        return row;
    }
}
