namespace MlOps.Benchmarks.Claims.Features;

/// <summary>
/// The join as one writes it by hand for one table: rows clustered by entity and time in arrays, the spine grouped by entity with a
/// counting sort, one binary search per spine row. Building it is not counted, as ingestion is not.
/// </summary>
internal sealed class ArrayMerge
{
    private readonly Dictionary<string, int> _codes = new(StringComparer.Ordinal);
    private readonly int[] _starts;
    private readonly long[] _times;
    private readonly float[] _values;
    private readonly long _timeToLive;

    public ArrayMerge(DataFrame history, long timeToLive)
    {
        _timeToLive = timeToLive;
        var keys = history.Column<string>("k").Span;
        var times = history.Column<Timestamp>("t").Span;
        int[] codes = new int[keys.Length];
        for (int row = 0; row < codes.Length; row++)
        {
            if (!_codes.TryGetValue(keys[row], out codes[row]))
                _codes.Add(keys[row], codes[row] = _codes.Count);
        }

        _starts = Starts(codes, _codes.Count);
        _times = new long[codes.Length];
        _values = new float[codes.Length * 4];
        int[] next = _starts[..^1];
        double[][] columns = [.. new[] { "a", "b", "c", "d" }.Select(name => history.Column<double>(name).Span.ToArray())];
        // History is in order of time, and the counting sort keeps it.
        for (int row = 0; row < codes.Length; row++)
        {
            int at = next[codes[row]]++;
            _times[at] = times[row].Microseconds;
            for (int c = 0; c < 4; c++)
                _values[(at * 4) + c] = (float)columns[c][row];
        }
    }

    public ReadOnlyMemory<float>[] Join(DataFrame spine)
    {
        var keys = spine.Column<string>("k").Span;
        var times = spine.Column<Timestamp>("t").Span;
        float[][] outputs = [.. Enumerable.Range(0, 4).Select(_ => new float[spine.RowCount])];
        int[] codes = new int[keys.Length];
        for (int row = 0; row < codes.Length; row++)
            codes[row] = _codes.TryGetValue(keys[row], out int code) ? code : _codes.Count;
        int[] starts = Starts(codes, _codes.Count + 1);
        int[] next = starts[..^1];
        int[] order = new int[codes.Length];
        for (int row = 0; row < codes.Length; row++)
            order[next[codes[row]]++] = row;
        for (int code = 0; code <= _codes.Count; code++)
        {
            for (int i = starts[code]; i < starts[code + 1]; i++)
            {
                int row = order[i];
                int found = code == _codes.Count ? -1 : Find(_starts[code], _starts[code + 1], times[row].Microseconds);
                for (int c = 0; c < 4; c++)
                    outputs[c][row] = found < 0 ? float.NaN : _values[(found * 4) + c];
            }
        }

        return [.. outputs.Select(output => (ReadOnlyMemory<float>)output)];
    }

    private int Find(int start, int end, long time)
    {
        int low = start, high = end;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_times[middle] <= time)
                low = middle + 1;
            else
                high = middle;
        }

        return low > start && time - _times[low - 1] <= _timeToLive ? low - 1 : -1;
    }

    private static int[] Starts(int[] codes, int count)
    {
        int[] starts = new int[count + 1];
        foreach (int code in codes)
            starts[code + 1]++;
        for (int code = 0; code < count; code++)
            starts[code + 1] += starts[code];
        return starts;
    }
}
