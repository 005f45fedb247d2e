namespace MlOps.Features;

/// <summary>
/// Totals of a fixed-point column from its first row up to each row, so that those of any run of rows are a difference. Sums are kept in 64 bits
/// where every difference fits, else in 128.
/// </summary>
internal sealed class RunningTotals
{
    private int[] _counts = [];
    private long[] _sums = [];
    private ulong[] _squares = [];
    private Int128[] _wideSums = [];
    private UInt128[] _wideSquares = [];
    private bool _isWhole;
    private bool _isWideSum;
    private bool _isWideSquare;

    /// <summary>Whether count and sum alone come from <see cref="CountOf"/> and <see cref="SumOf"/>.</summary>
    public bool IsNarrow => !_isWideSum;

    public void Build(ReadOnlySpan<long> units, bool withSquares)
    {
        var greatest = 0L;
        var missing = 0;
        foreach (var value in units)
        {
            if (value == ViewPlan.Missing)
                missing++;
            else
                greatest |= value ^ (value >> 63);
        }

        // "greatest" has at least the bits of every magnitude less one.
        var bits = 64 - long.LeadingZeroCount(greatest) + 1;
        var rows = 64 - long.LeadingZeroCount(units.Length);
        _isWhole = missing == 0;
        _isWideSum = bits + rows > 62;
        _isWideSquare = 2 * bits + rows > 63;
        var size = units.Length + 1;
        if (!_isWhole)
            BuildCounts(units, size);
        if (_isWideSum)
            BuildWideSums(units, size);
        else
            BuildSums(units, size);
        if (withSquares && _isWideSquare)
            BuildWideSquares(units, size);
        else if (withSquares)
            BuildSquares(units, size);
    }

    public int CountOf(int low, int high) => _isWhole ? high - low : _counts[high] - _counts[low];

    /// <summary>The sum of the rows before each; only where it is narrow.</summary>
    public ReadOnlySpan<long> Sums => _sums;

    public long SumOf(int low, int high) => _sums[high] - _sums[low];

    public Totals Of(int low, int high, bool withSquares) => new()
    {
        Count = CountOf(low, high),
        Sum = _isWideSum ? _wideSums[high] - _wideSums[low] : SumOf(low, high),
        Squares = !withSquares ? 0 : _isWideSquare ? _wideSquares[high] - _wideSquares[low] : _squares[high] - _squares[low],
    };

    private void BuildCounts(ReadOnlySpan<long> units, int size)
    {
        Ensure(ref _counts, size);
        for (var i = 0; i < units.Length; i++)
            _counts[i + 1] = _counts[i] + (units[i] == ViewPlan.Missing ? 0 : 1);
    }

    private void BuildSums(ReadOnlySpan<long> units, int size)
    {
        Ensure(ref _sums, size);
        var sums = _sums;
        var sum = 0L;
        for (var i = 0; i < units.Length; i++)
            sums[i + 1] = sum += units[i] == ViewPlan.Missing ? 0 : units[i];
    }

    private void BuildSquares(ReadOnlySpan<long> units, int size)
    {
        Ensure(ref _squares, size);
        var sum = 0UL;
        for (var i = 0; i < units.Length; i++)
            _squares[i + 1] = sum += units[i] == ViewPlan.Missing ? 0 : (ulong)(units[i] * units[i]);
    }

    private void BuildWideSums(ReadOnlySpan<long> units, int size)
    {
        Ensure(ref _wideSums, size);
        for (var i = 0; i < units.Length; i++)
            _wideSums[i + 1] = _wideSums[i] + (units[i] == ViewPlan.Missing ? 0 : units[i]);
    }

    private void BuildWideSquares(ReadOnlySpan<long> units, int size)
    {
        Ensure(ref _wideSquares, size);
        for (var i = 0; i < units.Length; i++)
            _wideSquares[i + 1] = _wideSquares[i] + (units[i] == ViewPlan.Missing ? 0 : (UInt128)((Int128)units[i] * units[i]));
    }

    private static void Ensure<T>(ref T[] values, int size)
    {
        if (values.Length < size)
            values = new T[Math.Max(size, 2 * values.Length)];
    }
}
