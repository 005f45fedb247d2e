namespace MlOps.Serving;

/// <summary>The waiting rows of one class of priority: a lane for each caller, and the callers take turns.</summary>
internal sealed class RowClass
{
    private readonly Dictionary<string, RowLane> _byCaller = new(StringComparer.Ordinal);
    private readonly List<RowLane> _lanes = [];
    private int _turn;

    public int Count { get; private set; }

    public int Lanes => _lanes.Count;

    /// <summary>Batches in a row that took none although some waited.</summary>
    public int PassedOver { get; set; }

    public int CountOf(string? caller) => _byCaller.TryGetValue(caller ?? "", out var lane) ? lane.Count : 0;

    public RowLane? Largest => _lanes.MaxBy(lane => lane.Count);

    public void Add(string? caller, ParkedRow row)
    {
        if (!_byCaller.TryGetValue(caller ?? "", out var lane))
        {
            _byCaller.Add(caller ?? "", lane = new RowLane(caller ?? ""));
            _lanes.Add(lane);
        }

        lane.Add(row);
        Count++;
    }

    /// <summary>The oldest row of the caller whose turn it is.</summary>
    public ParkedRow? TakeNext()
    {
        if (_lanes.Count == 0)
            return null;
        if (_turn >= _lanes.Count)
            _turn = 0;
        var lane = _lanes[_turn];
        var row = lane.TakeOldest();
        Count--;
        if (lane.Count == 0)
            Remove(lane);
        else
            _turn++;
        return row;
    }

    public ParkedRow TakeNewest(RowLane lane)
    {
        var row = lane.TakeNewest();
        Count--;
        if (lane.Count == 0)
            Remove(lane);
        return row;
    }

    private void Remove(RowLane lane)
    {
        var index = _lanes.IndexOf(lane);
        _lanes.RemoveAt(index);
        if (index < _turn)
            _turn--;
        _byCaller.Remove(lane.Caller);
    }
}
