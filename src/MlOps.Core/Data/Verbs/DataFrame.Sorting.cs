namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>
    /// The rows in order of one or more columns, copied. Stable: rows with equal keys keep their order. Nulls come last in either direction;
    /// text compares ordinal; NaN counts as the greatest number.
    /// </summary>
    /// <param name="keys">The columns, the most important first.</param>
    /// <returns>The sorted frame.</returns>
    /// <exception cref="InvalidInputException">No key was given.</exception>
    public DataFrame Sort(params IEnumerable<SortKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var all = keys.ToArray();
        if (all.Length == 0)
            throw new InvalidInputException("Sort needs at least one column.");
        var rows = new int[RowCount];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = i;
        var orders = all.Select(key => (Column: this[key.Column], Keys: Directed(this[key.Column].OrderKeys(), key.Descending))).ToArray();
        SortRange(rows, orders, 0);
        return Take(rows);
    }

    private static ulong[] Directed(ulong[] keys, bool descending)
    {
        if (descending)
        {
            for (var i = 0; i < keys.Length; i++)
                keys[i] = ~keys[i];
        }

        return keys;
    }

    private static void SortRange(Span<int> rows, (DataColumn Column, ulong[] Keys)[] orders, int level)
    {
        if (rows.Length < 2)
            return;
        var (column, keys) = orders[level];
        var present = column.NullCount == 0 ? rows.Length : MoveNullsToEnd(rows, column);
        var sorted = rows[..present];
        var ranks = new ulong[present];
        for (var i = 0; i < present; i++)
            ranks[i] = keys[sorted[i]];
        if (!IsSorted(ranks))
            ranks.AsSpan().Sort(sorted);

        // The library's sort is not stable: rows of equal rank are put back in order, or into the order of the next key.
        for (var start = 0; start < present;)
        {
            var end = start + 1;
            while (end < present && ranks[end] == ranks[start])
                end++;
            var run = sorted[start..end];
            if (run.Length > 1)
            {
                run.Sort();
                if (level + 1 < orders.Length)
                    SortRange(run, orders, level + 1);
            }

            start = end;
        }

        if (level + 1 < orders.Length)
            SortRange(rows[present..], orders, level + 1);
    }

    private static int MoveNullsToEnd(Span<int> rows, DataColumn column)
    {
        var nulls = new List<int>();
        var present = 0;
        foreach (var row in rows)
        {
            if (column.IsNull(row))
                nulls.Add(row);
            else
                rows[present++] = row;
        }

        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(nulls).CopyTo(rows[present..]);
        return present;
    }

    private static bool IsSorted(ulong[] ranks)
    {
        for (var i = 1; i < ranks.Length; i++)
        {
            if (ranks[i] < ranks[i - 1])
                return false;
        }

        return true;
    }
}
