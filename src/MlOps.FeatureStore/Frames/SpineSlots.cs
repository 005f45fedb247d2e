using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace MlOps.Features;

/// <summary>
/// The moments of a spine by key, each with the newest row of a history that became visible since the moment before. One pass over a history in any
/// order fills them, so that the larger side is neither grouped nor sorted; a pass over each key's moments then hands newer rows on.
/// </summary>
internal sealed unsafe class SpineSlots
{
    private const int Block = 64;
    private readonly int[] _starts;
    private readonly int[] _rows;
    private readonly long[] _moments;
    private readonly long[] _bestEvent;
    private readonly int[] _best;

    public SpineSlots(int[] codes, int count, ReadOnlySpan<long> moments)
    {
        _starts = new int[count + 1];
        var next = new int[count + 1];
        foreach (var code in codes)
            next[code + 1]++;
        for (var g = 0; g < count; g++)
        {
            _starts[g + 1] = _starts[g] + next[g + 1];
            next[g + 1] = _starts[g];
        }

        _rows = new int[_starts[count]];
        _moments = new long[_rows.Length];
        for (var row = 0; row < codes.Length; row++)
        {
            if (codes[row] < 0)
                continue;
            var at = next[codes[row] + 1]++;
            _rows[at] = row;
            _moments[at] = moments[row];
        }

        for (var g = 0; g < count; g++)
            _moments.AsSpan(_starts[g], _starts[g + 1] - _starts[g]).Sort(_rows.AsSpan(_starts[g], _starts[g + 1] - _starts[g]));
        _bestEvent = new long[_rows.Length];
        _best = new int[_rows.Length];
        _best.AsSpan().Fill(-1);
    }

    /// <summary>Puts each row of a history where it becomes visible.</summary>
    /// <param name="codes">By row, its key's number in the spine; -1 for none.</param>
    /// <param name="events">When each happened.</param>
    /// <param name="available">When each became known; empty where that is when it happened.</param>
    /// <param name="delay">What is added to availability.</param>
    public void Fill(ReadOnlySpan<int> codes, ReadOnlySpan<long> events, ReadOnlySpan<long> available, long delay)
    {
        fixed (long* moments = _moments, bests = _bestEvent)
        {
            for (var first = 0; first < codes.Length; first += Block)
            {
                var last = Math.Min(first + Block, codes.Length);
                if (Sse.IsSupported)
                {
                    for (var row = first; row < last; row++)
                    {
                        if (codes[row] < 0)
                            continue;
                        var start = _starts[codes[row]];
                        Sse.Prefetch0(moments + start);
                        Sse.Prefetch0(bests + start);
                    }
                }

                for (var row = first; row < last; row++)
                {
                    if (codes[row] >= 0)
                        Put(codes[row], row, events, available, delay);
                }
            }
        }
    }

    /// <summary>By spine row, the row of the history that it gets; -1 for none.</summary>
    public int[] Pick(int spineRows, ReadOnlySpan<long> available, long timeToLive)
    {
        var picks = new int[spineRows];
        picks.AsSpan().Fill(-1);
        for (var g = 0; g + 1 < _starts.Length; g++)
        {
            var newest = -1;
            for (var at = _starts[g]; at < _starts[g + 1]; at++)
            {
                if (_best[at] >= 0 && (newest < 0 || IsNewer(_bestEvent[at], _best[at], newest, available)))
                    newest = at;
                if (newest >= 0 && _moments[at] - _bestEvent[newest] <= timeToLive)
                    picks[_rows[at]] = _best[newest];
            }
        }

        return picks;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(int code, int row, ReadOnlySpan<long> events, ReadOnlySpan<long> available, long delay)
    {
        int start = _starts[code], length = _starts[code + 1] - start;
        if (length == 0)
            return;
        var time = events[row];
        var visible = Math.Max(time, (available.IsEmpty ? time : available[row]) + delay);
        // The first moment that is not before it, without branches.
        ref var front = ref _moments[start];
        var at = 0;
        while (length > 1)
        {
            var half = length >> 1;
            at += half & (int)((Unsafe.Add(ref front, at + half - 1) - visible) >> 63);
            length -= half;
        }

        if (Unsafe.Add(ref front, at) < visible)
            return;
        at += start;
        if (_best[at] >= 0 && !IsNewer(time, row, at, available))
            return;
        _best[at] = row;
        _bestEvent[at] = time;
    }

    // By event time, then availability, then the place in the frame.
    private bool IsNewer(long time, int row, int than, ReadOnlySpan<long> available)
    {
        if (time != _bestEvent[than])
            return time > _bestEvent[than];
        var other = _best[than];
        return available.IsEmpty || available[row] == available[other] ? row > other : available[row] > available[other];
    }
}
