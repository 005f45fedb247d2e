namespace MlOps.Features;

/// <summary>A segment of the manifest, open, with its entities numbered by the view's table.</summary>
internal sealed class LoadedSegment
{
    private readonly int[] _localOf;

    public LoadedSegment(long id, long commit, SegmentReader reader, KeyTable table)
    {
        Id = id;
        Commit = commit;
        Reader = reader;
        var keys = reader.Keys(table.Parts);
        var ids = new int[reader.Entities];
        for (var e = 0; e < ids.Length; e++)
            ids[e] = table.GetOrAdd(keys, e);
        _localOf = new int[table.Count];
        Array.Fill(_localOf, -1);
        for (var e = 0; e < ids.Length; e++)
            _localOf[ids[e]] = e;
    }

    public long Id { get; }

    /// <summary>The commit that brought the rows; the newest one where segments were merged.</summary>
    public long Commit { get; }

    public SegmentReader Reader { get; }

    /// <summary>The rows of an entity of the view's table; false when it has none here.</summary>
    public bool TryRows(int entity, out int start, out int end)
    {
        start = end = 0;
        if (entity >= _localOf.Length || _localOf[entity] < 0)
            return false;
        var starts = Reader.Starts;
        start = starts[_localOf[entity]];
        end = starts[_localOf[entity] + 1];
        return end > start;
    }
}
