namespace MlOps.Features;

/// <summary>A spine's rows by key, made once for every view that is joined by the same columns.</summary>
internal sealed class SpineGroups
{
    private SpineGroups(KeyCodes? keys, int[] starts, int[] rows, long[] times)
    {
        Keys = keys;
        Starts = starts;
        Rows = rows;
        Times = times;
    }

    /// <summary>Null where entities were numbered by the history itself.</summary>
    public KeyCodes? Keys { get; }

    public int Count => Starts.Length - 1;

    /// <summary>Where each group begins; group 0 holds the rows without a key, group <c>g</c> those of key code <c>g - 1</c>.</summary>
    public int[] Starts { get; }

    /// <summary>Spine rows by group.</summary>
    public int[] Rows { get; }

    /// <summary>The moments of <see cref="Rows"/>.</summary>
    public long[] Times { get; }

    public static SpineGroups Of(KeyCodes keys, ReadOnlySpan<long> times)
    {
        var codes = keys.Rows;
        var starts = new int[keys.Count + 2];
        var next = new int[keys.Count + 1];
        foreach (var code in codes)
            next[code + 1]++;
        for (var g = 0; g < next.Length; g++)
        {
            starts[g + 1] = starts[g] + next[g];
            next[g] = starts[g];
        }

        var rows = GC.AllocateUninitializedArray<int>(codes.Length);
        var grouped = GC.AllocateUninitializedArray<long>(codes.Length);
        for (var row = 0; row < codes.Length; row++)
        {
            var at = next[codes[row] + 1]++;
            rows[at] = row;
            grouped[at] = times[row];
        }

        return new SpineGroups(keys, starts, rows, grouped);
    }

    /// <summary>Rows that stand by entity and time already.</summary>
    public static SpineGroups InOrder(int[] starts, long[] times)
    {
        var rows = new int[times.Length];
        for (var row = 0; row < rows.Length; row++)
            rows[row] = row;
        return new SpineGroups(null, starts, rows, times);
    }

    /// <summary>Brings the rows of every group into order of time.</summary>
    public void Sort(CancellationToken cancellationToken)
    {
        // Rows that the history numbered itself are in order.
        if (Keys is null)
            return;
        if (Rows.Length < 4096)
        {
            for (var g = 0; g < Count; g++)
                Sort(g);
        }
        else
        {
            Parallel.For(0, Count, new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount }, Sort);
        }
    }

    private void Sort(int group)
    {
        int start = Starts[group], end = Starts[group + 1];
        for (var i = start + 1; i < end; i++)
        {
            if (Times[i - 1] <= Times[i])
                continue;
            Times.AsSpan(start, end - start).Sort(Rows.AsSpan(start, end - start));
            return;
        }
    }
}
