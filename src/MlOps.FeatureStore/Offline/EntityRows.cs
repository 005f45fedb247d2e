namespace MlOps.Features;

/// <summary>
/// Scratch space that holds the rows of one entity from all segments, in (event time, availability, arrival) order. Plain values stay in their
/// segments and are fetched where they are wanted. In a view whose rows replace each other, of equal (event time, availability) the last arrival
/// is there. One per worker.
/// </summary>
internal sealed class EntityRows(ViewPlan plan)
{
    private readonly ByTime _byTime = new();
    private LoadedSegment[] _segments = [];
    private int[] _order = [];
    private long[] _permuted = [];
    private int[] _permutedRows = [];
    private int[] _run = [];
    private int _only = -1;

    public int Count { get; private set; }

    public long[] Event { get; private set; } = [];

    public long[] Available { get; private set; } = [];

    public long[] Commit { get; private set; } = [];

    public long[][] Fixed { get; } = [.. plan.Fixed.Select(_ => Array.Empty<long>())];

    public long[][] Hashed { get; } = [.. plan.Hashed.Select(_ => Array.Empty<long>())];

    /// <summary>For each row its segment's place in the snapshot.</summary>
    public int[] Segment { get; private set; } = [];

    /// <summary>For each row its place in the segment.</summary>
    public int[] Row { get; private set; } = [];

    /// <summary>Whether some row became known at another time than it happened.</summary>
    public bool HasLateKnowledge { get; private set; }

    /// <summary>Loads the rows whose event time lies in a range.</summary>
    /// <param name="snapshot">The segments; rows of commits beyond its last one are left out.</param>
    /// <param name="locals">By segment, the entity's number there; -1 where it has none.</param>
    /// <param name="from">The first event time.</param>
    /// <param name="to">The last one.</param>
    /// <param name="everyRow">Whether replaced rows are wanted too.</param>
    /// <param name="timesOnly">Whether columns are left out.</param>
    public void Load(OfflineSnapshot snapshot, ReadOnlySpan<int> locals, long from, long to, bool everyRow = false, bool timesOnly = false)
    {
        Count = 0;
        HasLateKnowledge = false;
        _only = -1;
        _segments = snapshot.Segments;
        from = Math.Max(from, snapshot.MinEvent);
        var sources = 0;
        for (var s = 0; s < locals.Length; s++)
        {
            var segment = _segments[s];
            if (locals[s] < 0 || segment.FirstCommit > snapshot.MaxCommit)
                continue;
            segment.Reader.RowsOf(locals[s], out var start, out var end);
            start = from == long.MinValue ? start : segment.Reader.LowerBound(start, end, from);
            end = to >= segment.Reader.LastEvent ? end : segment.Reader.LowerBound(start, end, to + 1);
            if (start >= end)
                continue;
            Append(s, start, end - start, timesOnly);
            if (segment.Commit > snapshot.MaxCommit)
                DropCommitsAfter(snapshot.MaxCommit, Count - (end - start));
            _only = sources == 0 ? s : -1;
            sources++;
        }

        if (sources > 1)
            Order();
        if (plan.View.IsUpsert && !everyRow)
            DropReplaced();
    }

    /// <summary>Copies values of a plain column to places of an output; a row of -1 has no value.</summary>
    public void Gather(int column, ReadOnlySpan<int> rows, ReadOnlySpan<int> places, FeatureOutput output)
    {
        if (_run.Length < rows.Length)
            _run = new int[Math.Max(rows.Length, 2 * _run.Length)];
        if (_only >= 0)
        {
            var inSegment = Row;
            for (var i = 0; i < rows.Length; i++)
                _run[i] = rows[i] < 0 ? -1 : inSegment[rows[i]];
            output.Gather(_segments[_only].Reader, column, _run.AsSpan(0, rows.Length), places);
            return;
        }

        for (var at = 0; at < rows.Length;)
        {
            // Neighbours of one segment go together.
            var first = at;
            var segment = -1;
            for (; at < rows.Length; at++)
            {
                var row = rows[at];
                if (row >= 0)
                {
                    if (segment >= 0 && Segment[row] != segment)
                        break;
                    segment = Segment[row];
                    row = Row[row];
                }

                _run[at - first] = row;
            }

            if (segment < 0)
                output.Blank(places[first..at]);
            else
                output.Gather(_segments[segment].Reader, column, _run.AsSpan(0, at - first), places[first..at]);
        }
    }

    /// <summary>A value of a plain column.</summary>
    public FeatureValue Plain(int column, int row) => _segments[Segment[row]].Reader.PlainValue(column, plan.Plain[column].Type, Row[row]);

    public static int LowerBound(ReadOnlySpan<long> sorted, long value)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (sorted[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void Append(int place, int start, int length, bool timesOnly)
    {
        var needed = Count + length;
        if (needed > Event.Length)
            Grow(needed);
        var segment = _segments[place];
        var reader = segment.Reader;
        reader.CopyWords(SegmentLayout.Event, start, Event.AsSpan(Count, length));
        if (reader.HasAvailable)
            reader.CopyAvailable(start, Available.AsSpan(Count, length));
        else
            Event.AsSpan(Count, length).CopyTo(Available.AsSpan(Count));
        HasLateKnowledge |= reader.HasAvailable;
        if (reader.HasCommit)
            reader.CopyWords(SegmentLayout.Commit, start, Commit.AsSpan(Count, length));
        else
            Commit.AsSpan(Count, length).Fill(segment.Commit);
        if (!timesOnly)
        {
            for (var c = 0; c < Fixed.Length; c++)
                reader.CopyWords(plan.Layout.FixedAt + c, start, Fixed[c].AsSpan(Count, length));
            for (var c = 0; c < Hashed.Length; c++)
                reader.CopyWords(plan.Layout.HashedAt + c, start, Hashed[c].AsSpan(Count, length));
            Segment.AsSpan(Count, length).Fill(place);
            var rows = Row.AsSpan(Count, length);
            for (var i = 0; i < rows.Length; i++)
                rows[i] = start + i;
        }

        Count = needed;
    }

    private void DropCommitsAfter(long commit, int first)
    {
        var kept = first;
        for (var i = first; i < Count; i++)
        {
            if (Commit[i] <= commit)
                Move(i, kept++);
        }

        Count = kept;
    }

    private void DropReplaced()
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (i + 1 == Count || Event[i] != Event[i + 1] || Available[i] != Available[i + 1])
                Move(i, kept++);
        }

        Count = kept;
    }

    private void Move(int from, int to)
    {
        if (from == to)
            return;
        Event[to] = Event[from];
        Available[to] = Available[from];
        Commit[to] = Commit[from];
        Segment[to] = Segment[from];
        Row[to] = Row[from];
        foreach (var column in Fixed)
            column[to] = column[from];
        foreach (var column in Hashed)
            column[to] = column[from];
    }

    // Segments arrive in commit order, so a stable order by (event, availability) is the order by arrival as well.
    private void Order()
    {
        var sorted = true;
        for (var i = 1; i < Count && sorted; i++)
            sorted = Event[i - 1] < Event[i] || (Event[i - 1] == Event[i] && Available[i - 1] <= Available[i]);
        if (sorted)
            return;
        if (_order.Length < Count)
        {
            _order = new int[Event.Length];
            _permuted = new long[Event.Length];
            _permutedRows = new int[Event.Length];
        }

        var order = _order.AsSpan(0, Count);
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        _byTime.Event = Event;
        _byTime.Available = Available;
        order.Sort(_byTime);
        Permute(Event, order);
        Permute(Available, order);
        Permute(Commit, order);
        foreach (var column in Fixed)
            Permute(column, order);
        foreach (var column in Hashed)
            Permute(column, order);
        Permute(Segment, order);
        Permute(Row, order);
    }

    private void Permute(long[] values, ReadOnlySpan<int> order)
    {
        for (var i = 0; i < order.Length; i++)
            _permuted[i] = values[order[i]];
        _permuted.AsSpan(0, order.Length).CopyTo(values);
    }

    private void Permute(int[] values, ReadOnlySpan<int> order)
    {
        for (var i = 0; i < order.Length; i++)
            _permutedRows[i] = values[order[i]];
        _permutedRows.AsSpan(0, order.Length).CopyTo(values);
    }

    private void Grow(int needed)
    {
        var size = Math.Max(needed, Math.Max(256, Event.Length * 2));
        Event = Enlarge(Event, size);
        Available = Enlarge(Available, size);
        Commit = Enlarge(Commit, size);
        Segment = Enlarge(Segment, size);
        Row = Enlarge(Row, size);
        for (var c = 0; c < Fixed.Length; c++)
            Fixed[c] = Enlarge(Fixed[c], size);
        for (var c = 0; c < Hashed.Length; c++)
            Hashed[c] = Enlarge(Hashed[c], size);
    }

    private static T[] Enlarge<T>(T[] values, int size)
    {
        Array.Resize(ref values, size);
        return values;
    }

    private sealed class ByTime : IComparer<int>
    {
        public long[] Event = [];
        public long[] Available = [];

        public int Compare(int x, int y)
        {
            var order = Event[x].CompareTo(Event[y]);
            if (order == 0)
                order = Available[x].CompareTo(Available[y]);
            return order != 0 ? order : x.CompareTo(y);
        }
    }
}
