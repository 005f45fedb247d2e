namespace MlOps.Features;

/// <summary>Rows clustered by entity, and within one by (event time, availability, arrival): what a segment holds.</summary>
internal sealed class SortedRows
{
    /// <summary>For each part of the key, its text by entity.</summary>
    public required string[][] Keys { get; init; }

    /// <summary>Where each entity's rows begin; one more entry than entities.</summary>
    public required int[] Starts { get; init; }

    public required long[] Event { get; init; }

    /// <summary>The same array as <see cref="Event"/> when every row was known as it happened.</summary>
    public required long[] Available { get; init; }

    /// <summary>The commit that brought each row; null when one commit brought all.</summary>
    public long[]? Commit { get; init; }

    public required long[][] Fixed { get; init; }

    public required long[][] Hashed { get; init; }

    /// <summary>As in <see cref="RowBatch.Plain"/>.</summary>
    public required DataColumn[] Plain { get; init; }

    public int Count => Event.Length;

    public int Entities => Starts.Length - 1;

    public static SortedRows From(RowBatch batch)
    {
        var entities = batch.Keys[0].Length;
        var starts = new int[entities + 1];
        foreach (var entity in batch.Entity)
            starts[entity + 1]++;
        for (var e = 0; e < entities; e++)
            starts[e + 1] += starts[e];
        var next = starts.AsSpan(0, entities).ToArray();
        var order = new int[batch.Count];
        for (var row = 0; row < order.Length; row++)
            order[next[batch.Entity[row]]++] = row;

        var byTime = new ByTime(batch.Event, batch.Available);
        for (var e = 0; e < entities; e++)
        {
            var rows = order.AsSpan(starts[e], starts[e + 1] - starts[e]);
            for (var i = 1; i < rows.Length; i++)
            {
                if (byTime.Compare(rows[i - 1], rows[i]) <= 0)
                    continue;
                rows.Sort(byTime);
                break;
            }
        }

        var events = Gather<long>(batch.Event, order);
        return new SortedRows
        {
            Keys = batch.Keys,
            Starts = starts,
            Event = events,
            Available = ReferenceEquals(batch.Event, batch.Available) ? events : Gather<long>(batch.Available, order),
            Fixed = [.. batch.Fixed.Select(column => Gather<long>(column, order))],
            Hashed = [.. batch.Hashed.Select(column => Gather<long>(column, order))],
            Plain = [.. batch.Plain.Select(column => column is DataColumn<float> floats ? DataColumn.Create(column.Name, Gather(floats.Span, order)) : column.Take(order))],
        };
    }

    private static T[] Gather<T>(ReadOnlySpan<T> values, int[] order)
    {
        var gathered = new T[order.Length];
        for (var i = 0; i < order.Length; i++)
            gathered[i] = values[order[i]];
        return gathered;
    }

    // The row number is the last criterion, so the order is total and arrival breaks ties.
    private sealed class ByTime(long[] events, long[] available) : IComparer<int>
    {
        public int Compare(int x, int y)
        {
            var order = events[x].CompareTo(events[y]);
            if (order == 0)
                order = available[x].CompareTo(available[y]);
            return order != 0 ? order : x.CompareTo(y);
        }
    }
}
