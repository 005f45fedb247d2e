namespace MlOps.Benchmarks.Claims.Features;

/// <summary>Five aggregates over 7 days, hop 1 h, as one writes them by hand over arrays that are sorted already: running sums and monotonic queues.</summary>
internal sealed class WindowArrays
{
    private const long Hour = 3_600_000_000;
    private readonly int[] _starts;
    private readonly long[] _times;
    private readonly double[] _values;

    public WindowArrays(int[] entity, Timestamp[] times, double[] values, int entities)
    {
        _starts = new int[entities + 1];
        foreach (int e in entity)
            _starts[e + 1]++;
        for (int e = 0; e < entities; e++)
            _starts[e + 1] += _starts[e];
        int[] next = _starts[..^1];
        _times = new long[times.Length];
        _values = new double[times.Length];
        for (int row = 0; row < times.Length; row++)
        {
            int at = next[entity[row]]++;
            _times[at] = times[row].Microseconds;
            _values[at] = values[row];
        }
    }

    public ReadOnlyMemory<float>[] Run()
    {
        float[][] outputs = [.. Enumerable.Range(0, 5).Select(_ => new float[_times.Length])];
        int[] least = new int[_times.Length], greatest = new int[_times.Length];
        for (int e = 0; e + 1 < _starts.Length; e++)
        {
            int low = _starts[e], leastHead = 0, leastTail = 0, greatestHead = 0, greatestTail = 0, next = low, end = _starts[e + 1];
            double sum = 0;
            for (int row = low; row < end; row++)
            {
                long now = _times[row], tail = now - (7 * 24 * Hour);
                tail -= tail % Hour;
                for (; next < end && _times[next] <= now; next++)
                {
                    double value = _values[next];
                    sum += value;
                    while (leastTail > leastHead && _values[least[leastTail - 1]] >= value)
                        leastTail--;
                    least[leastTail++] = next;
                    while (greatestTail > greatestHead && _values[greatest[greatestTail - 1]] <= value)
                        greatestTail--;
                    greatest[greatestTail++] = next;
                }

                for (; _times[low] < tail; low++)
                    sum -= _values[low];
                while (least[leastHead] < low)
                    leastHead++;
                while (greatest[greatestHead] < low)
                    greatestHead++;
                outputs[0][row] = next - low;
                outputs[1][row] = (float)sum;
                outputs[2][row] = (float)_values[least[leastHead]];
                outputs[3][row] = (float)_values[greatest[greatestHead]];
                outputs[4][row] = (float)_values[next - 1];
            }
        }

        return [.. outputs.Select(output => (ReadOnlyMemory<float>)output)];
    }

    /// <summary>A sum that is exact, since all values are small integers.</summary>
    public static double Checksum(ReadOnlyMemory<float>[] columns)
    {
        double sum = 0;
        for (int c = 0; c < columns.Length; c++)
        {
            foreach (float value in columns[c].Span)
                sum += (c + 1) * (double)value;
        }

        return sum;
    }
}
