namespace MlOps.Benchmarks.Claims.Features;

/// <summary>The join of two unordered frames as one writes it by hand: a dictionary of the history's keys, a counting sort, a binary search per spine row.</summary>
internal static class UnsortedJoin
{
    public static (long Matches, double Sum) Run(DataFrame history, DataFrame spine, string[] values, long timeToLive)
    {
        var keys = history.Column<long>("k").Span;
        var times = history.Column<Timestamp>("t").Span;
        var numbers = new Dictionary<long, int>();
        int[] codes = new int[keys.Length];
        for (int row = 0; row < codes.Length; row++)
        {
            if (!numbers.TryGetValue(keys[row], out codes[row]))
                numbers.Add(keys[row], codes[row] = numbers.Count);
        }

        int[] starts = new int[numbers.Count + 1];
        foreach (int code in codes)
            starts[code + 1]++;
        for (int code = 0; code < numbers.Count; code++)
            starts[code + 1] += starts[code];
        int[] next = starts[..^1];
        int[] rows = new int[codes.Length];
        long[] sorted = new long[codes.Length];
        // History is in order of time, and the counting sort keeps it.
        for (int row = 0; row < codes.Length; row++)
        {
            int at = next[codes[row]]++;
            rows[at] = row;
            sorted[at] = times[row].Microseconds;
        }

        var asked = spine.Column<long>("k").Span;
        var moments = spine.Column<Timestamp>("t").Span;
        int[] picks = new int[spine.RowCount];
        for (int i = 0; i < picks.Length; i++)
        {
            picks[i] = -1;
            if (!numbers.TryGetValue(asked[i], out int code))
                continue;
            long now = moments[i].Microseconds;
            int low = starts[code], high = starts[code + 1];
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (sorted[middle] <= now)
                    low = middle + 1;
                else
                    high = middle;
            }

            if (low > starts[code] && now - sorted[low - 1] <= timeToLive)
                picks[i] = rows[low - 1];
        }

        return Checksum([.. values.Select(name => history.Column<double>(name).Take(picks))]);
    }

    public static (long Matches, double Sum) Checksum(DataColumn<double>[] columns)
    {
        double sum = 0;
        for (int c = 0; c < columns.Length; c++)
        {
            var values = columns[c].Span;
            for (int row = 0; row < values.Length; row++)
                sum += (c + 1) * values[row] * (1 + (row % 7));
        }

        return (columns[0].Length - columns[0].NullCount, sum);
    }
}
