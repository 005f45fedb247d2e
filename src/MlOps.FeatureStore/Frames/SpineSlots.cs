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
    private readonly Best[] _best;

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
        _best = GC.AllocateUninitializedArray<Best>(_rows.Length);
        _best.AsSpan().Fill(new Best(long.MinValue, -1));
    }

    /// <summary>Puts each row of a history where it becomes visible.</summary>
    /// <param name="codes">By row, its key's number in the spine; -1 for none.</param>
    /// <param name="events">When each happened.</param>
    /// <param name="available">When each became known; empty where that is when it happened.</param>
    /// <param name="delay">What is added to availability.</param>
    public void Fill(ReadOnlySpan<int> codes, ReadOnlySpan<long> events, ReadOnlySpan<long> available, long delay)
    {
        var delays = delay > 0 || !available.IsEmpty;
        // Each step of a block asks for the memory that the next step reads, so that the waits of its rows overlap.
        var places = stackalloc int[Block];
        fixed (int* starts = _starts)
        fixed (long* moments = _moments)
        fixed (Best* best = _best)
        {
            for (var first = 0; first < codes.Length; first += Block)
            {
                var block = codes.Slice(first, Math.Min(Block, codes.Length - first));
                if (Sse.IsSupported)
                {
                    foreach (var code in block)
                    {
                        if (code < 0)
                            continue;
                        Sse.Prefetch0(moments + starts[code]);
                        Sse.Prefetch0(moments + starts[code + 1] - 1);
                    }
                }

                for (var i = 0; i < block.Length; i++)
                {
                    places[i] = -1;
                    if (block[i] < 0)
                        continue;
                    var row = first + i;
                    var visible = !delays ? events[row] : Math.Max(events[row], (available.IsEmpty ? events[row] : available[row]) + delay);
                    places[i] = FirstNotBefore(moments, starts[block[i]], starts[block[i] + 1], visible);
                    if (places[i] >= 0 && Sse.IsSupported)
                        Sse.Prefetch0(best + places[i]);
                }

                for (var i = 0; i < block.Length; i++)
                {
                    if (places[i] >= 0 && IsNewer(events[first + i], first + i, best[places[i]], available))
                        best[places[i]] = new Best(events[first + i], first + i);
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
            var newest = new Best(long.MinValue, -1);
            for (var at = _starts[g]; at < _starts[g + 1]; at++)
            {
                if (_best[at].Row >= 0 && IsNewer(_best[at].Event, _best[at].Row, newest, available))
                    newest = _best[at];
                if (newest.Row >= 0 && _moments[at] - newest.Event <= timeToLive)
                    picks[_rows[at]] = newest.Row;
            }
        }

        return picks;
    }

    // Without branches, so that the processor overlaps the searches of neighbours; -1 where all are before.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstNotBefore(long* moments, int start, int end, long visible)
    {
        var length = end - start;
        if (length == 0)
            return -1;
        var at = moments + start;
        while (length > 1)
        {
            var half = length >> 1;
            at += half & (int)((at[half - 1] - visible) >> 63);
            length -= half;
        }

        return *at < visible ? -1 : (int)(at - moments);
    }

    // By event time, then availability, then the place in the frame; there is none yet where the event time is the least.
    private static bool IsNewer(long time, int row, Best than, ReadOnlySpan<long> available)
    {
        if (time != than.Event)
            return time > than.Event;
        return available.IsEmpty || available[row] == available[than.Row] ? row > than.Row : available[row] > available[than.Row];
    }

    private readonly record struct Best(long Event, int Row);
}
