using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>Rows of a history by key, and within one by (event time, availability, place): made by counting, and sorted only where they are not in order.</summary>
internal sealed class HistoryGroups
{
    private readonly int[] _starts;
    private readonly int[] _rows;
    private readonly long[] _events;
    private readonly long[]? _available;

    private HistoryGroups(int[] starts, int[] rows, long[] events, long[]? available)
    {
        _starts = starts;
        _rows = rows;
        _events = events;
        _available = available;
    }

    public static HistoryGroups Of(int[] codes, int count, long[] events, long[] available)
    {
        var starts = new int[count + 1];
        var next = new int[count + 1];
        foreach (var code in codes)
            next[code + 1]++;
        for (var g = 0; g < count; g++)
        {
            starts[g + 1] = starts[g] + next[g + 1];
            next[g + 1] = starts[g];
        }

        var rows = GC.AllocateUninitializedArray<int>(starts[count]);
        var times = GC.AllocateUninitializedArray<long>(starts[count]);
        for (var row = 0; row < codes.Length; row++)
        {
            if (codes[row] < 0)
                continue;
            var at = next[codes[row] + 1]++;
            rows[at] = row;
            times[at] = events[row];
        }

        var isTimed = !ReferenceEquals(events, available);
        var groups = new HistoryGroups(starts, rows, times, isTimed ? available : null);
        for (var g = 0; g < count; g++)
            groups.Order(g);
        return groups;
    }

    /// <summary>By spine row, the row of the history that it gets; -1 for none.</summary>
    public int[] Pick(int[] codes, long[] moments, long delay, long timeToLive)
    {
        var picks = new int[codes.Length];
        if (_available is null)
        {
            for (var i = 0; i < picks.Length; i++)
                picks[i] = codes[i] < 0 ? -1 : PickNewest(codes[i], moments[i], delay, timeToLive);
            return picks;
        }

        var starts = new int[_starts.Length];
        foreach (var code in codes)
            starts[code + 1]++;
        // Spine rows without a key come first.
        picks.AsSpan().Fill(-1);
        var next = new int[starts.Length];
        for (var g = 1; g < starts.Length; g++)
            next[g] = next[g - 1] + starts[g - 1];
        var order = new int[codes.Length];
        for (var i = 0; i < codes.Length; i++)
            order[next[codes[i] + 1]++] = i;
        var at = starts[0];
        for (var g = 0; g + 1 < starts.Length; g++)
        {
            PickKnown(g, order.AsSpan(at, starts[g + 1]), moments, delay, timeToLive, picks);
            at += starts[g + 1];
        }

        return picks;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int PickNewest(int group, long now, long delay, long timeToLive)
    {
        int start = _starts[group], length = _starts[group + 1] - start;
        if (length == 0)
            return -1;
        var moment = now - delay;
        ref var front = ref _events[start];
        var at = 0;
        while (length > 1)
        {
            var half = length >> 1;
            at += half & (int)((Unsafe.Add(ref front, at + half) - moment - 1) >> 63);
            length -= half;
        }

        var time = Unsafe.Add(ref front, at);
        return time <= moment && now - time <= timeToLive ? _rows[start + at] : -1;
    }

    // Rows enter as they become known; the newest of those that did is the answer.
    private void PickKnown(int group, Span<int> spineRows, long[] moments, long delay, long timeToLive, int[] picks)
    {
        int start = _starts[group], count = _starts[group + 1] - start;
        if (spineRows.Length == 0 || count == 0)
            return;
        var visible = new long[count];
        var places = new int[count];
        for (var i = 0; i < count; i++)
        {
            visible[i] = Math.Max(_events[start + i], _available![_rows[start + i]] + delay);
            places[i] = i;
        }

        Array.Sort(visible, places);
        spineRows.Sort((x, y) => moments[x].CompareTo(moments[y]));
        int next = 0, newest = -1;
        foreach (var spineRow in spineRows)
        {
            var now = moments[spineRow];
            for (; next < count && visible[next] <= now; next++)
                newest = Math.Max(newest, places[next]);
            if (newest >= 0 && now - _events[start + newest] <= timeToLive)
                picks[spineRow] = _rows[start + newest];
        }
    }

    private void Order(int group)
    {
        int start = _starts[group], length = _starts[group + 1] - start;
        for (var i = start + 1; i < start + length; i++)
        {
            if (_events[i - 1] < _events[i] || (_events[i - 1] == _events[i] && (_available is null || _available[_rows[i - 1]] <= _available[_rows[i]])))
                continue;
            Sort(start, length);
            return;
        }
    }

    // By event time, then availability, then the place in the frame.
    private void Sort(int start, int length)
    {
        var keys = new (long Event, long Available, int Row)[length];
        for (var i = 0; i < length; i++)
            keys[i] = (_events[start + i], _available is null ? 0 : _available[_rows[start + i]], _rows[start + i]);
        Array.Sort(keys);
        for (var i = 0; i < length; i++)
        {
            _events[start + i] = keys[i].Event;
            _rows[start + i] = keys[i].Row;
        }
    }
}
