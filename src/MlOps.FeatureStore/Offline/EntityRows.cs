namespace MlOps.Features;

/// <summary>Scratch space that holds the rows of one entity from all segments, in (event time, availability, arrival) order. One per worker.</summary>
internal sealed class EntityRows(ViewPlan plan)
{
    private readonly ByTime _byTime = new();

    public int Count { get; private set; }

    public long[] Event { get; private set; } = [];

    public long[] Available { get; private set; } = [];

    public long[] Commit { get; private set; } = [];

    public long[][] Fixed { get; } = [.. plan.Fixed.Select(_ => Array.Empty<long>())];

    public float[][] Plain { get; } = [.. plan.Plain.Select(_ => Array.Empty<float>())];

    /// <summary>Whether some row became known after it happened.</summary>
    public bool HasLateKnowledge { get; private set; }

    /// <summary>Loads the rows whose event time lies in a range.</summary>
    public void Load(OfflineSnapshot snapshot, int entity, long from, long to)
    {
        Count = 0;
        HasLateKnowledge = false;
        if (entity < 0)
            return;
        var sources = 0;
        foreach (var segment in snapshot.Segments)
        {
            if (!segment.TryRows(entity, out var start, out var end))
                continue;
            var events = segment.Reader.Event;
            if (events[start] < from)
                start += LowerBound(events[start..end], from);
            if (start < end && events[end - 1] > to)
                end = start + LowerBound(events[start..end], to + 1);
            if (start >= end)
                continue;
            Append(segment, start, end - start);
            sources++;
        }

        if (sources > 1)
            Order();
    }

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

    private void Append(LoadedSegment segment, int start, int length)
    {
        var needed = Count + length;
        if (needed > Event.Length)
            Grow(needed);
        var reader = segment.Reader;
        reader.Event.Slice(start, length).CopyTo(Event.AsSpan(Count));
        reader.Available.Slice(start, length).CopyTo(Available.AsSpan(Count));
        HasLateKnowledge |= reader.HasAvailable;
        if (reader.HasCommit)
            reader.Commit.Slice(start, length).CopyTo(Commit.AsSpan(Count));
        else
            Commit.AsSpan(Count, length).Fill(segment.Commit);
        for (var c = 0; c < Fixed.Length; c++)
            reader.Fixed(c).Slice(start, length).CopyTo(Fixed[c].AsSpan(Count));
        for (var c = 0; c < Plain.Length; c++)
            reader.Plain(c).Slice(start, length).CopyTo(Plain[c].AsSpan(Count));
        Count = needed;
    }

    // Segments arrive in commit order, so a stable order by (event, availability) is the order by arrival as well.
    private void Order()
    {
        var sorted = true;
        for (var i = 1; i < Count && sorted; i++)
            sorted = Event[i - 1] < Event[i] || (Event[i - 1] == Event[i] && Available[i - 1] <= Available[i]);
        if (sorted)
            return;
        var order = new int[Count];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        _byTime.Event = Event;
        _byTime.Available = Available;
        order.AsSpan().Sort(_byTime);
        Event = Permute(Event, order);
        Available = Permute(Available, order);
        Commit = Permute(Commit, order);
        for (var c = 0; c < Fixed.Length; c++)
            Fixed[c] = Permute(Fixed[c], order);
        for (var c = 0; c < Plain.Length; c++)
            Plain[c] = Permute(Plain[c], order);
    }

    private static T[] Permute<T>(T[] values, int[] order)
    {
        var permuted = new T[values.Length];
        for (var i = 0; i < order.Length; i++)
            permuted[i] = values[order[i]];
        return permuted;
    }

    private void Grow(int needed)
    {
        var size = Math.Max(needed, Math.Max(256, Event.Length * 2));
        Event = Enlarge(Event, size);
        Available = Enlarge(Available, size);
        Commit = Enlarge(Commit, size);
        for (var c = 0; c < Fixed.Length; c++)
            Fixed[c] = Enlarge(Fixed[c], size);
        for (var c = 0; c < Plain.Length; c++)
            Plain[c] = Enlarge(Plain[c], size);
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
