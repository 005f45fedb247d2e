using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>
/// Plain features straight from the segments: for each moment the newest visible row by binary search, nothing copied. Rows are gathered in
/// blocks, so that each column is read in the order in which it lies. One per worker.
/// </summary>
internal sealed class AsOfPicker
{
    private const int Block = 4096;
    private const int Patience = 64;
    private readonly JoinPart _part;
    private readonly LoadedSegment[] _segments;
    private readonly bool _isTimed;
    private readonly (int Feature, int Column)[][] _byTimeToLive;
    private readonly long[] _timesToLive;
    private readonly int[] _rows;
    private readonly int[] _fresh;
    private readonly int[] _places;
    private readonly long[] _ages;
    private int _count;
    private int _segment = -1;

    public AsOfPicker(JoinPart part)
    {
        _part = part;
        var block = Math.Clamp(part.Groups.Rows.Length, 1, Block);
        _rows = new int[block];
        _fresh = new int[block];
        _places = new int[block];
        _ages = new long[block];
        _segments = part.History.Segments;
        // Availability, or commits that are too new, hide rows one by one.
        _isTimed = NeedsCheck(part);
        var plan = part.History.Plan;
        var wanted = Enumerable.Range(0, part.Outputs.Length).Where(f => part.Outputs[f] is not null)
            .GroupBy(f => plan.Features[f].TimeToLive).OrderByDescending(group => group.Key).ToArray();
        _timesToLive = [.. wanted.Select(group => group.Key)];
        _byTimeToLive = [.. wanted.Select(group => group.Select(f => (f, plan.Features[f].Column)).ToArray())];
    }

    /// <summary>Whether some row must be looked at before it is known to be visible.</summary>
    public static bool NeedsCheck(JoinPart part) =>
        (!part.Corrected && part.History.Segments.Any(segment => segment.Reader.HasAvailable)) || part.History.Segments.Any(segment => segment.Commit > part.History.MaxCommit);

    /// <summary>Answers a group; false when its rows hide each other too often for this to be quick, and nothing was written.</summary>
    public bool TryRun(int group)
    {
        var locals = _part.Locals(group);
        int start = _part.Groups.Starts[group], end = _part.Groups.Starts[group + 1];
        var sources = 0;
        var only = -1;
        for (var s = 0; s < locals.Length; s++)
        {
            if (TryRows(s, locals, out _, out _))
            {
                sources++;
                only = s;
            }
        }

        if (sources == 0)
            PickNothing(start, end);
        else if (sources == 1 && !_isTimed)
            PickFromOne(only, locals, start, end);
        else
            return TryPickAcross(locals, start, end);
        return true;
    }

    /// <summary>Writes what is still in the block.</summary>
    public void Flush()
    {
        if (_count == 0)
            return;
        var rows = _rows.AsSpan(0, _count);
        var places = _places.AsSpan(0, _count);
        for (var t = 0; t < _timesToLive.Length; t++)
        {
            var limit = _timesToLive[t];
            ReadOnlySpan<int> fresh = rows;
            if (limit != long.MaxValue && _segment >= 0)
            {
                for (var i = 0; i < _count; i++)
                    _fresh[i] = _ages[i] <= limit ? rows[i] : -1;
                fresh = _fresh.AsSpan(0, _count);
            }

            foreach (var (feature, column) in _byTimeToLive[t])
            {
                var output = _part.Outputs[feature]!;
                if (_segment < 0)
                    output.Blank(places);
                else
                    output.Gather(_segments[_segment].Reader, column, fresh, places);
            }
        }

        _count = 0;
        _segment = -1;
    }

    private void PickNothing(int start, int end)
    {
        foreach (var place in _part.Groups.Rows.AsSpan(start, end - start))
            Add(-1, -1, place, 0);
    }

    private bool TryRows(int source, ReadOnlySpan<int> locals, out int start, out int end)
    {
        start = end = 0;
        if (locals[source] < 0)
            return false;
        var reader = _segments[source].Reader;
        reader.RowsOf(locals[source], out start, out end);
        if (_part.History.MinEvent > reader.FirstEvent)
            start = reader.LowerBound(start, end, _part.History.MinEvent);
        return start < end;
    }

    private void PickFromOne(int source, ReadOnlySpan<int> locals, int start, int end)
    {
        var reader = _segments[source].Reader;
        TryRows(source, locals, out var first, out var last);
        var events = reader.Events(first, last - first);
        if (events.Length < last - first)
        {
            // The rows lie in several pieces.
            for (; start < end; start++)
            {
                var now = _part.Groups.Times[start];
                var row = reader.LowerBound(first, last, now - _part.Delay + 1) - 1;
                Add(source, row < first ? -1 : row, _part.Groups.Rows[start], row < first ? 0 : now - reader.EventOf(row));
            }

            return;
        }

        ref var front = ref Unsafe.AsRef(in events[0]);
        var times = _part.Groups.Times;
        var places = _part.Groups.Rows;
        var delay = _part.Delay;
        if (_segment >= 0 && _segment != source)
            Flush();
        _segment = source;
        while (start < end)
        {
            if (_count == _rows.Length)
            {
                Flush();
                _segment = source;
            }

            var take = Math.Min(end - start, _rows.Length - _count);
            for (var i = 0; i < take; i++)
            {
                var now = times[start + i];
                var moment = now - delay;
                // A binary search without branches: the processor overlaps those of neighbours.
                var at = 0;
                for (var length = events.Length; length > 1;)
                {
                    var half = length >> 1;
                    at += half & (int)((Unsafe.Add(ref front, at + half) - moment - 1) >> 63);
                    length -= half;
                }

                var time = Unsafe.Add(ref front, at);
                var found = time <= moment;
                _rows[_count + i] = found ? first + at : -1;
                _ages[_count + i] = now - time;
                _places[_count + i] = places[start + i];
            }

            _count += take;
            start += take;
        }
    }

    private bool TryPickAcross(ReadOnlySpan<int> locals, int start, int end)
    {
        var size = end - start;
        if (size > Block)
            return false;
        // Found first, written after, so that giving up leaves no trace.
        for (var i = 0; i < size; i++)
        {
            if (!TryNewest(locals, _part.Groups.Times[start + i], out _, out _))
                return false;
        }

        for (var i = 0; i < size; i++)
        {
            var now = _part.Groups.Times[start + i];
            TryNewest(locals, now, out var source, out var row);
            Add(source, row, _part.Groups.Rows[start + i], source < 0 ? 0 : now - _segments[source].Reader.EventOf(row));
        }

        return true;
    }

    private bool TryNewest(ReadOnlySpan<int> locals, long now, out int source, out int row)
    {
        source = row = -1;
        long bestEvent = long.MinValue, bestAvailable = long.MinValue;
        var patience = Patience;
        for (var s = 0; s < _segments.Length; s++)
        {
            if (!TryRows(s, locals, out var first, out var last))
                continue;
            var reader = _segments[s].Reader;
            for (var at = reader.LowerBound(first, last, now + 1) - 1; at >= first; at--)
            {
                var time = reader.EventOf(at);
                if (time < bestEvent)
                    break;
                var available = reader.AvailableOf(at);
                if (!IsVisible(s, at, available, now))
                {
                    if (--patience == 0)
                        return false;
                    continue;
                }

                // Of equal rows the one that arrived last is the newest, and segments come in that order.
                if (time > bestEvent || available >= bestAvailable)
                    (source, row, bestEvent, bestAvailable) = (s, at, time, available);
                break;
            }
        }

        return true;
    }

    private bool IsVisible(int source, int row, long available, long now)
    {
        if (!_part.Corrected && available + _part.Delay > now)
            return false;
        var segment = _segments[source];
        return segment.Commit <= _part.History.MaxCommit || segment.CommitOf(row) <= _part.History.MaxCommit;
    }

    private void Add(int source, int row, int place, long age)
    {
        if (_count == _rows.Length || (source >= 0 && _segment >= 0 && source != _segment))
            Flush();
        if (source >= 0)
            _segment = source;
        _rows[_count] = row;
        _places[_count] = place;
        _ages[_count++] = age;
    }
}
