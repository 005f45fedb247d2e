using System.Runtime.CompilerServices;

namespace MlOps.Features;

internal sealed partial class OnlineState
{
    private const int FirstCapacity = 4;

    // The availability of a merged entry is this plus the first event time in it: before every moment.
    private const long Merged = long.MinValue / 2;

    private void BeginWindow(ref EntityHeader header, EntityChunk chunk, int at)
    {
        var (slab, offset) = _pool.Rent(FirstCapacity * _layout.WindowWords);
        var block = _pool[slab].AsSpan(offset, FirstCapacity * _layout.WindowWords);
        block.Clear();
        block[0] = block[FirstCapacity] = long.MinValue;
        foreach (var place in _layout.Fixed)
        {
            if (place.Extremes < 0)
                continue;
            block[place.Extremes * FirstCapacity] = long.MaxValue;
            block[(place.Extremes + 1) * FirstCapacity] = long.MinValue;
        }

        header.Window = new EntityHeader.Place { Slab = slab, Offset = offset, Capacity = FirstCapacity, Count = 1 };
        if (chunk.Nodes is not null)
        {
            chunk.Nodes[at] = new long[]?[FirstCapacity * _layout.Sketches];
            _managedBytes += 8L * FirstCapacity * _layout.Sketches;
        }
    }

    private void ApplyWindow(ref EntityHeader header, EntityChunk chunk, int at, in OnlineRow row)
    {
        if (row.Event < _windowReach)
            return;
        var isEmpty = IsEmpty(row);
        if (isEmpty && !_isUpsert)
            return;
        var slab = _pool[header.Window.Slab];
        var entry = EntryBefore(slab, header.Window, row);
        if (_isUpsert)
        {
            if (entry > 0 && slab[header.Window.Offset + entry] == row.Event && slab[header.Window.Offset + header.Window.Capacity + entry] == row.Available)
            {
                Replace(slab, header.Window, entry, row);
                return;
            }

            if (!row.IsNew && row.Available < _exactFrom && MayBeMerged(slab, header.Window, entry, row.Event))
            {
                UnreplaceableRows++;
                return;
            }

            if (isEmpty)
                return;
        }

        if (header.Window.Count == header.Window.Capacity)
        {
            Compact(ref header, chunk, at);
            var (count, capacity) = (header.Window.Count, header.Window.Capacity);
            if (count > (capacity <= 16 ? capacity - 2 : capacity / 4 * 3))
                Resize(ref header, chunk, at, NextCapacity(capacity));
            else if (capacity >= 32 && count <= capacity / 4)
                Resize(ref header, chunk, at, NextCapacity(capacity / 2));
            slab = _pool[header.Window.Slab];
            entry = EntryBefore(slab, header.Window, row);
        }

        Insert(slab, ref header.Window, chunk.Nodes?[at], entry + 1, row);
    }

    private bool IsEmpty(in OnlineRow row)
    {
        foreach (var column in row.Fixed)
        {
            if (column[row.At] != ViewPlan.Missing)
                return false;
        }

        foreach (var column in row.Hashed)
        {
            if (column[row.At] != 0)
                return false;
        }

        return true;
    }

    // The last entry that is not after the row in (event time, availability, arrival); 0 is before all.
    private static int EntryBefore(long[] slab, in EntityHeader.Place window, in OnlineRow row)
    {
        var times = slab.AsSpan(window.Offset, window.Count);
        var at = window.Count - 1;
        if (at > 0 && times[at] > row.Event)
            at = Math.Max(0, EntityRows.LowerBound(times, row.Event + 1) - 1);
        var known = slab.AsSpan(window.Offset + window.Capacity, window.Count);
        while (at > 0 && times[at] == row.Event && known[at] > row.Available)
            at--;
        return at;
    }

    // Whether rows were merged that a row of that event time could equal. Rows may have been put between an entry and what it was merged of.
    private static bool MayBeMerged(long[] slab, in EntityHeader.Place window, int entry, long eventTime)
    {
        var times = slab.AsSpan(window.Offset, window.Count);
        var known = slab.AsSpan(window.Offset + window.Capacity, window.Count);
        if (eventTime <= known[0])
            return true;
        for (var i = Math.Max(1, entry); i < window.Count; i++)
        {
            if (IsMerged(known[i]) && FirstOf(times[i], known[i]) <= eventTime && eventTime <= times[i])
                return true;
        }

        return false;
    }

    private static bool IsMerged(long known) => known < Merged / 2;

    private static long FirstOf(long time, long known) => IsMerged(known) ? known - Merged : time;

    private void Insert(long[] slab, ref EntityHeader.Place window, long[]?[]? nodes, int at, in OnlineRow row)
    {
        int offset = window.Offset, capacity = window.Capacity, count = window.Count;
        if (at < count)
        {
            foreach (var (start, width) in _layout.WindowArrays)
            {
                var from = offset + (start * capacity) + (at * width);
                Array.Copy(slab, from, slab, from + width, (count - at) * width);
            }

            if (nodes is not null)
            {
                Array.Copy(nodes, at * _layout.Sketches, nodes, (at + 1) * _layout.Sketches, (count - at) * _layout.Sketches);
                Array.Clear(nodes, at * _layout.Sketches, _layout.Sketches);
            }
        }

        window.Count = ++count;
        slab[offset + at] = row.Event;
        slab[offset + capacity + at] = row.Available;
        for (var c = 0; c < _layout.Fixed.Length; c++)
        {
            ref readonly var place = ref _layout.Fixed[c];
            var units = row.Fixed[c][row.At];
            var has = units != ViewPlan.Missing;
            var totals = slab.AsSpan(offset + (place.Totals * capacity) + ((at - 1) * place.Width), (count - at + 1) * place.Width);
            totals[..place.Width].CopyTo(totals[place.Width..]);
            if (has)
                Add(totals[place.Width..], place.Width, 1, (UInt128)(Int128)units, place.Width == 5 ? Square(units) : 0);
            SetOwn(slab, offset, capacity, place, at, units);
        }

        for (var c = 0; c < _layout.Hashed.Length; c++)
            slab[offset + (_layout.Hashed[c].Hash * capacity) + at] = row.Hashed[c][row.At];
    }

    // The entry is one row: its running totals change by the difference, what is its own is set.
    private void Replace(long[] slab, in EntityHeader.Place window, int at, in OnlineRow row)
    {
        int offset = window.Offset, capacity = window.Capacity, count = window.Count;
        for (var c = 0; c < _layout.Fixed.Length; c++)
        {
            ref readonly var place = ref _layout.Fixed[c];
            var units = row.Fixed[c][row.At];
            var has = units != ViewPlan.Missing;
            var totals = slab.AsSpan(offset + (place.Totals * capacity) + ((at - 1) * place.Width), (count - at + 1) * place.Width);
            var own = totals[place.Width..];
            Add(
                own, place.Width, (has ? 1 : 0) - (own[0] - totals[0]), (UInt128)(Int128)(has ? units : 0) - (Word(own, 1) - Word(totals, 1)),
                place.Width == 5 ? (has ? Square(units) : 0) - (Word(own, 3) - Word(totals, 3)) : 0);
            SetOwn(slab, offset, capacity, place, at, units);
        }

        for (var c = 0; c < _layout.Hashed.Length; c++)
            slab[offset + (_layout.Hashed[c].Hash * capacity) + at] = row.Hashed[c][row.At];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetOwn(long[] slab, int offset, int capacity, in OnlineLayout.FixedPlace place, int at, long units)
    {
        var has = units != ViewPlan.Missing;
        if (place.Extremes >= 0)
        {
            slab[offset + (place.Extremes * capacity) + at] = has ? units : long.MaxValue;
            slab[offset + ((place.Extremes + 1) * capacity) + at] = has ? units : long.MinValue;
        }

        if (place.Bucket >= 0)
            slab[offset + (place.Bucket * capacity) + at] = has ? Sketches.BucketWord(units) : 0;
    }

    // To the totals of every entry.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Span<long> totals, int width, long count, UInt128 sum, UInt128 squares)
    {
        for (; totals.Length >= width; totals = totals[width..])
        {
            totals[0] += count;
            SetWord(totals, 1, Word(totals, 1) + sum);
            if (width == 5)
                SetWord(totals, 3, Word(totals, 3) + squares);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static UInt128 Word(ReadOnlySpan<long> totals, int at) => new((ulong)totals[at + 1], (ulong)totals[at]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetWord(Span<long> totals, int at, UInt128 word)
    {
        totals[at] = (long)(ulong)word;
        totals[at + 1] = (long)(ulong)(word >> 64);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static UInt128 Square(long units)
    {
        var size = (ulong)Math.Abs(units);
        var high = Math.BigMul(size, size, out var low);
        return new UInt128(high, low);
    }

    // Entries a < b become one (at b's time, with b's running totals) when no edge that may still be asked for falls into (a, b], and both were known at
    // every moment that may still be asked for. An upsert view keeps what is known exactly then: the next row with that time may replace it.
    private void Compact(ref EntityHeader header, EntityChunk chunk, int at)
    {
        var settled = _exactFrom;
        if (settled == long.MinValue)
            return;
        var latest = _isUpsert ? settled - 1 : settled;
        ref var window = ref header.Window;
        int offset = window.Offset, capacity = window.Capacity, count = window.Count;
        var slab = _pool[window.Slab];
        var targets = Targets(count);
        var kept = 0;
        var last = long.MinValue;
        var isSettled = true;
        targets[0] = 0;
        for (var i = 1; i < count; i++)
        {
            var time = slab[offset + i];
            var canSettle = time <= settled && slab[offset + capacity + i] <= latest;
            if (!canSettle || !isSettled || !CanMerge(last, time))
                kept++;
            targets[i] = kept;
            last = time;
            isSettled = canSettle;
        }

        if (kept == count - 1)
            return;
        var nodes = chunk.Nodes?[at];
        if (nodes is not null)
            MergeSketches(slab, window, nodes, targets);
        for (var i = 1; i < count; i++)
        {
            var target = targets[i];
            var isMerged = targets[i - 1] == target;
            if (target == i)
                continue;
            if (target == 0)
            {
                slab[offset + capacity] = Math.Max(slab[offset + capacity], slab[offset + i]);
            }
            else
            {
                ref var known = ref slab[offset + capacity + target];
                known = isMerged
                    ? Merged + Math.Min(FirstOf(slab[offset + target], known), FirstOf(slab[offset + i], slab[offset + capacity + i]))
                    : slab[offset + capacity + i];
                slab[offset + target] = slab[offset + i];
            }

            foreach (ref readonly var place in _layout.Fixed.AsSpan())
            {
                var totals = offset + (place.Totals * capacity);
                for (var word = 0; word < place.Width; word++)
                    slab[totals + (target * place.Width) + word] = slab[totals + (i * place.Width) + word];
                if (place.Extremes < 0)
                    continue;
                int least = offset + (place.Extremes * capacity), most = least + capacity;
                slab[least + target] = isMerged ? Math.Min(slab[least + target], slab[least + i]) : slab[least + i];
                slab[most + target] = isMerged ? Math.Max(slab[most + target], slab[most + i]) : slab[most + i];
            }
        }

        window.Count = kept + 1;
    }

    // The words and nodes of each run of entries that becomes one.
    private void MergeSketches(long[] slab, in EntityHeader.Place window, long[]?[] nodes, int[] targets)
    {
        int count = window.Count, stride = _layout.Sketches;
        for (int first = 0, end; first < count; first = end)
        {
            var target = targets[first];
            end = first + 1;
            while (end < count && targets[end] == target)
                end++;
            var isBase = target == 0 && !_layout.ReachesForEver;
            foreach (ref readonly var place in _layout.Fixed.AsSpan())
            {
                if (place.Sketch >= 0)
                    MergeRun(slab.AsSpan(window.Offset + (place.Bucket * window.Capacity), count), nodes, place.Sketch, stride, first, end, target, 0, isBase);
            }

            foreach (ref readonly var place in _layout.Hashed.AsSpan())
                MergeRun(slab.AsSpan(window.Offset + (place.Hash * window.Capacity), count), nodes, place.Sketch, stride, first, end, target, place.Size, isBase);
        }

        Array.Clear(nodes, (targets[count - 1] + 1) * stride, (count - targets[count - 1] - 1) * stride);
    }

    private void MergeRun(Span<long> words, long[]?[] nodes, int sketch, int stride, int first, int end, int target, int size, bool isDropped)
    {
        var (word, node) = (words[first], nodes[(first * stride) + sketch]);
        if (end - first > 1 || isDropped)
        {
            for (var i = first; i < end; i++)
                _managedBytes -= Sketches.BytesOf(nodes[(i * stride) + sketch]);
            var own = nodes.AsSpan((first * stride) + sketch, ((end - first - 1) * stride) + 1);
            (word, node) = (0, null);
            if (!isDropped)
                node = size > 0 ? Sketches.MergeHashes(words[first..end], own, stride, size, out word) : Sketches.MergeBuckets(words[first..end], own, stride, out word);
            _managedBytes += Sketches.BytesOf(node);
        }

        words[target] = word;
        nodes[(target * stride) + sketch] = node;
    }

    private bool CanMerge(long earlier, long later)
    {
        // The longest step comes last and reaches back furthest: it keeps most entries apart, and mostly without a division.
        for (var s = _steps.Length - 1; s >= 0; s--)
        {
            long step = _steps[s], limit = _stepLimits[s];
            if (later < limit)
                continue;
            if (earlier < later - step && later - step >= limit)
                return false;
            var boundary = ViewPlan.FloorTo(later, step);
            if (boundary > earlier && boundary >= limit)
                return false;
        }

        return true;
    }

    private void Resize(ref EntityHeader header, EntityChunk chunk, int at, int capacity)
    {
        ref var window = ref header.Window;
        var words = _layout.WindowWords;
        var (slab, offset) = _pool.Rent(capacity * words);
        var from = _pool[window.Slab];
        var to = _pool[slab];
        foreach (var (start, width) in _layout.WindowArrays)
            Array.Copy(from, window.Offset + (start * window.Capacity), to, offset + (start * capacity), window.Count * width);
        _pool.Return(window.Capacity * words, window.Slab, window.Offset);
        if (chunk.Nodes is not null)
        {
            var nodes = new long[]?[capacity * _layout.Sketches];
            chunk.Nodes[at].AsSpan(0, window.Count * _layout.Sketches).CopyTo(nodes);
            chunk.Nodes[at] = nodes;
            _managedBytes += 8L * (capacity - window.Capacity) * _layout.Sketches;
        }

        window.Slab = slab;
        window.Offset = offset;
        window.Capacity = capacity;
    }
}
