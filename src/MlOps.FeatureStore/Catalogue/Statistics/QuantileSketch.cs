namespace MlOps.Features;

/// <summary>
/// Quantiles of a stream in bounded memory: buffers of values that each stand for twice as many as those of the level below; a full buffer is
/// sorted and every other value goes up. Exact until the first buffer is full. After Manku, Rajagopalan and Lindsay (SIGMOD 1998).
/// </summary>
internal sealed class QuantileSketch
{
    public const int Capacity = 1024;
    private readonly List<List<double>> _levels = [new(Capacity)];
    private readonly List<bool> _odd = [false];

    public long Count { get; private set; }

    public void Add(double value)
    {
        Count++;
        Add(0, value);
    }

    /// <summary>The smallest value that at least the shares of all values do not exceed; NaN without values.</summary>
    public double[] At(ReadOnlySpan<double> shares)
    {
        var weighted = new List<(double Value, long Weight)>();
        for (var level = 0; level < _levels.Count; level++)
        {
            foreach (var value in _levels[level])
                weighted.Add((value, 1L << level));
        }

        weighted.Sort(static (x, y) => x.Value.CompareTo(y.Value));
        var total = weighted.Sum(pair => pair.Weight);
        var found = new double[shares.Length];
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = double.NaN;
            var sought = Math.Max(1, (long)Math.Ceiling(shares[i] * total));
            var passed = 0L;
            foreach (var (value, weight) in weighted)
            {
                passed += weight;
                if (passed < sought)
                    continue;
                found[i] = value;
                break;
            }
        }

        return found;
    }

    private void Add(int level, double value)
    {
        var buffer = _levels[level];
        buffer.Add(value);
        if (buffer.Count < Capacity)
            return;
        if (level + 1 == _levels.Count)
        {
            _levels.Add(new List<double>(Capacity));
            _odd.Add(false);
        }

        buffer.Sort();
        // Now the odd places, now the even ones, so that errors cancel.
        var first = _odd[level] ? 1 : 0;
        _odd[level] = !_odd[level];
        var half = new double[Capacity / 2];
        for (var i = 0; i < half.Length; i++)
            half[i] = buffer[first + (2 * i)];
        buffer.Clear();
        foreach (var kept in half)
            Add(level + 1, kept);
    }
}
