namespace MlOps.Features;

/// <summary>The least and the greatest of any run of places, some of which are empty; filling one and asking take logarithmic time.</summary>
internal sealed class ExtremeTree
{
    private long[] _least = [];
    private long[] _greatest = [];
    private int _size;

    /// <summary>Empties the tree.</summary>
    /// <param name="places">How many places there are.</param>
    public void Reset(int places)
    {
        _size = places;
        if (_least.Length < 2 * places)
        {
            var size = Math.Max(2 * places, 2 * _least.Length);
            _least = new long[size];
            _greatest = new long[size];
        }

        _least.AsSpan(0, 2 * places).Fill(long.MaxValue);
        _greatest.AsSpan(0, 2 * places).Fill(long.MinValue);
    }

    public void Fill(int place, long value)
    {
        for (var at = place + _size; at > 0; at >>= 1)
        {
            if (value >= _least[at] && value <= _greatest[at])
                return;
            _least[at] = Math.Min(_least[at], value);
            _greatest[at] = Math.Max(_greatest[at], value);
        }
    }

    /// <summary>Over the places from <paramref name="low"/> up to, not including, <paramref name="high"/>.</summary>
    public (long Least, long Greatest) Over(int low, int high)
    {
        long least = long.MaxValue, greatest = long.MinValue;
        for (int left = low + _size, right = high + _size; left < right; left >>= 1, right >>= 1)
        {
            if ((left & 1) == 1)
            {
                least = Math.Min(least, _least[left]);
                greatest = Math.Max(greatest, _greatest[left]);
                left++;
            }

            if ((right & 1) == 1)
            {
                right--;
                least = Math.Min(least, _least[right]);
                greatest = Math.Max(greatest, _greatest[right]);
            }
        }

        return (least, greatest);
    }
}
