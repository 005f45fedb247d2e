namespace MlOps.Features;

/// <summary>
/// The moment up to which a state may settle: <paramref name="rows"/> rows are known at or after it, and the clock has passed it. A few rows with wrong
/// times far ahead, or any number of them ahead of the clock, therefore do not make the rest look old. The mark only moves forward.
/// </summary>
/// <param name="rows">How many rows must be known at or after the mark.</param>
internal sealed class SettlingMark(int rows)
{
    private readonly int _rows = Math.Max(1, rows);

    // The newest availabilities, ascending; equal ones count each. The window moves through the array, so that a stream in order costs no copying.
    private readonly long[] _top = new long[Math.Max(64, 4 * Math.Max(1, rows))];
    private int _start;
    private int _count;

    /// <summary><see cref="long.MinValue"/> as long as there are too few rows.</summary>
    public long Value { get; private set; } = long.MinValue;

    /// <summary>The newest availability seen, however far ahead.</summary>
    public long Newest { get; private set; } = long.MinValue;

    /// <summary>The newest availabilities, ascending.</summary>
    public ReadOnlySpan<long> Top => _top.AsSpan(_start, _count);

    /// <summary>Takes a row's availability in; true when the mark has moved.</summary>
    public bool Observe(long available, long clock)
    {
        if (available <= Value)
            return false;
        if (available > Newest)
            Newest = available;
        if (_count < _rows)
        {
            Insert(_start + _count++, available);
        }
        else if (available > _top[_start])
        {
            _start++;
            if (_start + _count > _top.Length)
            {
                _top.AsSpan(_start).CopyTo(_top);
                _start = 0;
            }

            Insert(_start + _count - 1, available);
        }

        return _count == _rows && MoveTo(Math.Min(_top[_start], clock));
    }

    /// <summary>Where the mark would be after rows, without taking them in.</summary>
    public long After(ReadOnlySpan<long> available, long clock)
    {
        var mark = new SettlingMark(_rows);
        foreach (var seen in Top)
            mark.Observe(seen, clock);
        foreach (var more in available)
            mark.Observe(more, clock);
        return Math.Max(mark.Value, Value);
    }

    /// <summary>Moves the mark whatever rows have been seen; true when it has moved.</summary>
    public bool MoveTo(long moment)
    {
        if (moment > Newest)
            Newest = moment;
        if (moment <= Value)
            return false;
        Value = moment;
        return true;
    }

    // The places before the given one hold values in order; that place is free.
    private void Insert(int at, long available)
    {
        while (at > _start && _top[at - 1] > available)
        {
            _top[at] = _top[at - 1];
            at--;
        }

        _top[at] = available;
    }
}
