using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlOps.Features;

internal sealed partial class OnlineState
{
    /// <summary>Entities whose memory is asked for ahead of reading them.</summary>
    public const int ManyAtOnce = 16;

    /// <summary>Writes the features of an entity as known at a moment. Allocates nothing.</summary>
    /// <param name="entity">The entity's handle; -1, or one of an entity that is gone, is one that was never seen.</param>
    /// <param name="now">The moment.</param>
    /// <param name="program">Which features.</param>
    /// <param name="destination">Where they go, in that order.</param>
    /// <returns>Whether the answer is exact; false before <see cref="ExactFrom"/>.</returns>
    public bool Read(long entity, long now, ReadProgram program, Span<float> destination)
    {
        var sink = new FloatSink(destination[..program.Length]);
        return Read(entity, now, program, ref sink);
    }

    /// <summary>Writes the features of an entity with their types; else as the other.</summary>
    public bool Read(long entity, long now, ReadProgram program, Span<FeatureValue> destination)
    {
        var sink = new ValueSink(destination[..program.Length]);
        return Read(entity, now, program, ref sink);
    }

    /// <summary>The newest event of an entity in microseconds; the least value for one that was never seen.</summary>
    public long NewestEvent(long entity)
    {
        if (entity < 0)
            return long.MinValue;
        ref var header = ref Entities.Chunk((int)entity, out var at).Headers[at];
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref header.Version);
            var (stamp, last) = (header.Stamp, header.LastEvent);
            Volatile.ReadBarrier();
            if ((version & 1) == 0 && Volatile.Read(ref header.Version) == version)
                return stamp == (int)(entity >> 32) ? last : long.MinValue;
            spin.SpinOnce();
        }
    }

    /// <summary>Asks the processor for what a read of the entity will touch first.</summary>
    public void Prefetch(int number)
    {
        var chunk = Entities.Chunk(number, out var at);
        ref readonly var header = ref chunk.Headers[at];
        var isRow = _layout.RowWords > 0;
        ref readonly var place = ref isRow ? ref header.Recent : ref header.Window;
        if (place.Capacity == 0)
            return;
        var (block, offset) = (_pool[place.Slab], isRow ? place.Offset + ((place.Count - 1) * _layout.RowWords) : place.Offset);
        for (var word = 0; word < (isRow ? Math.Min(_layout.RowWords + 7, 64) : 8); word += 8)
        {
            // What was read of a header that is being written may lie outside.
            if ((uint)(offset + word) < (uint)block.Length)
                Cache.Prefetch(ref block[offset + word]);
        }
    }

    private bool Read<TSink>(long entity, long now, ReadProgram program, scoped ref TSink sink)
        where TSink : struct, IFeatureSink, allows ref struct
    {
        if (entity < 0)
        {
            program.WriteUnknown(ref sink);
            return now >= ExactFrom;
        }

        var chunk = Entities.Chunk((int)entity, out var at);
        ref var header = ref chunk.Headers[at];
        var stamp = (int)(entity >> 32);
        var spin = new SpinWait();
        while (true)
        {
            var version = Volatile.Read(ref header.Version);
            if ((version & 1) == 0)
            {
                var found = header;
                Volatile.ReadBarrier();
                // Only a consistent place may be followed; what lies there may still change and is checked again below.
                if (Volatile.Read(ref header.Version) == version)
                {
                    if (found.Stamp != stamp)
                    {
                        program.WriteUnknown(ref sink);
                        return now >= ExactFrom;
                    }

                    var asKnown = now < found.Newest;
                    if (program.Windows.Length > 0)
                        ReadWindows(_pool[found.Window.Slab], found.Window, chunk.Nodes is { } nodes ? nodes[at] : default, now, asKnown, program, ref sink);
                    if (_layout.RowWords > 0)
                        ReadRecent(found.Recent, chunk.Texts is { } texts ? texts[at] : default, now, asKnown, program, ref sink);
                    Volatile.ReadBarrier();
                    // Asked last: what a writer has merged meanwhile, it has announced before.
                    if (Volatile.Read(ref header.Version) == version)
                        return now >= ExactFrom;
                }
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private void ReadWindows<TSink>(
        long[] slab, in EntityHeader.Place window, ReadOnlySpan<long[]?> nodes, long now, bool asKnown, ReadProgram program, scoped ref TSink sink)
        where TSink : struct, IFeatureSink, allows ref struct
    {
        int offset = window.Offset, capacity = window.Capacity, count = window.Count;
        var times = slab.AsSpan(offset, count);
        var known = slab.AsSpan(offset + capacity, count);
        foreach (ref readonly var group in program.Windows.AsSpan())
        {
            var high = _plan.High(group.Window, now);
            var top = times[^1] <= high ? count - 1 : Math.Max(0, EntityRows.LowerBound(times, high + 1) - 1);
            // The last entry that is not in the window; none is outside all time.
            var before = group.IsLifetime ? -1 : Math.Max(0, EntityRows.LowerBound(times[..(top + 1)], _plan.Low(group.Window, now)) - 1);
            foreach (ref readonly var column in group.Fixed.AsSpan())
            {
                ref readonly var place = ref _layout.Fixed[column.Column];
                if (column.Ops.Length > 0)
                {
                    var totals = Sum(TotalsOf(slab, offset, capacity, place, count), place.Width, column.Squares, before, top);
                    if (asKnown)
                        SubtractHidden(TotalsOf(slab, offset, capacity, place, count), place.Width, column.Squares, before, top, known, now, ref totals);
                    if (column.Extremes && top > before)
                    {
                        int least = offset + (place.Extremes * capacity) + before + 1, length = top - before;
                        if (asKnown)
                        {
                            FindExtremes(slab.AsSpan(least, length), slab.AsSpan(least + capacity, length), known.Slice(before + 1, length), now, ref totals);
                        }
                        else
                        {
                            totals.Min = Extremes.Min(slab.AsSpan(least, length));
                            totals.Max = Extremes.Max(slab.AsSpan(least + capacity, length));
                        }
                    }

                    foreach (ref readonly var op in column.Ops.AsSpan())
                        sink.Number(op.Destination, program.Types[op.Destination], totals.Finish(op.Function, column.Scale));
                }

                if (column.Quantiles.Length > 0)
                {
                    var length = Math.Max(0, top - before);
                    Sketches.Quantiles(
                        slab.AsSpan(offset + (place.Bucket * capacity) + before + 1, length), NodesFrom(nodes, before + 1, place.Sketch), _layout.Sketches,
                        asKnown ? known.Slice(Math.Min(before + 1, count - length), length) : default, now, column.Scale, column.Quantiles, program.Types, ref sink);
                }
            }

            foreach (ref readonly var column in group.Hashed.AsSpan())
            {
                ref readonly var place = ref _layout.Hashed[column.Column];
                var length = Math.Max(0, top - before);
                Sketches.CountDistinct(
                    slab.AsSpan(offset + (place.Hash * capacity) + before + 1, length), NodesFrom(nodes, before + 1, place.Sketch), _layout.Sketches,
                    asKnown ? known.Slice(Math.Min(before + 1, count - length), length) : default, now, place.Size, column.Ops, program.Types, ref sink);
            }
        }
    }

    private ReadOnlySpan<long[]?> NodesFrom(ReadOnlySpan<long[]?> nodes, int entry, int sketch)
    {
        var start = (entry * _layout.Sketches) + sketch;
        return start < nodes.Length ? nodes[start..] : default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<long> TotalsOf(long[] slab, int offset, int capacity, in OnlineLayout.FixedPlace place, int count) =>
        slab.AsSpan(offset + (place.Totals * capacity), count * place.Width);

    private static Totals Sum(ReadOnlySpan<long> running, int width, bool squares, int before, int top)
    {
        var totals = Totals.Empty;
        var last = running.Slice(top * width, width);
        totals.Count = last[0];
        var sum = Word(last, 1);
        var square = squares ? Word(last, 3) : 0;
        if (before >= 0)
        {
            var first = running.Slice(before * width, width);
            totals.Count -= first[0];
            sum -= Word(first, 1);
            if (squares)
                square -= Word(first, 3);
        }

        totals.Sum = (Int128)sum;
        totals.Squares = square;
        return totals;
    }

    // Some row of the entity became known after the moment: such rows are taken out of every window.
    private static void SubtractHidden(ReadOnlySpan<long> running, int width, bool squares, int before, int top, ReadOnlySpan<long> known, long now, ref Totals totals)
    {
        for (var i = Math.Max(1, before + 1); i <= top; i++)
        {
            if (known[i] <= now)
                continue;
            ReadOnlySpan<long> entry = running.Slice(i * width, width), former = running.Slice((i - 1) * width, width);
            totals.Count -= entry[0] - former[0];
            totals.Sum -= (Int128)(Word(entry, 1) - Word(former, 1));
            if (squares)
                totals.Squares -= Word(entry, 3) - Word(former, 3);
        }
    }

    private static void FindExtremes(ReadOnlySpan<long> least, ReadOnlySpan<long> most, ReadOnlySpan<long> known, long now, ref Totals totals)
    {
        for (var i = 0; i < known.Length; i++)
        {
            if (known[i] > now)
                continue;
            totals.Min = Math.Min(totals.Min, least[i]);
            totals.Max = Math.Max(totals.Max, most[i]);
        }
    }

    private void ReadRecent<TSink>(in EntityHeader.Place recent, ReadOnlySpan<string?> texts, long now, bool asKnown, ReadProgram program, scoped ref TSink sink)
        where TSink : struct, IFeatureSink, allows ref struct
    {
        var words = _layout.RowWords;
        var rows = recent.Count == 0 ? default : _pool[recent.Slab].AsSpan(recent.Offset, recent.Count * words);
        var newest = recent.Count - 1;
        while (newest >= 0 && (rows[newest * words] > now || (asKnown && rows[(newest * words) + 1] > now)))
            newest--;
        if (program.Runs.Length + program.Plains.Length > 0)
        {
            var row = newest < 0 ? default : rows.Slice(newest * words, words);
            var age = newest < 0 ? long.MaxValue : now - row[0];
            var halves = MemoryMarshal.Cast<long, float>(row);
            foreach (ref readonly var run in program.Runs.AsSpan())
            {
                if (newest >= 0 && age <= run.TimeToLive)
                {
                    sink.Floats(run.Destination, halves.Slice(run.Half, run.Length));
                    continue;
                }

                for (var i = 0; i < run.Length; i++)
                    sink.None(run.Destination + i, DataType.Float32);
            }

            foreach (ref readonly var op in program.Plains.AsSpan())
            {
                if (newest >= 0 && age <= op.TimeToLive)
                    WritePlain(op.Destination, op.Place, row, texts, newest, ref sink);
                else
                    sink.None(op.Destination, op.Place.Type);
            }
        }

        foreach (ref readonly var group in program.Lasts.AsSpan())
        {
            long low = _plan.Low(group.Window, now), high = _plan.High(group.Window, now);
            var ops = group.Ops.AsSpan();
            int rank = 0, next = 0;
            for (var r = newest; r >= 0 && next < ops.Length; r--)
            {
                var row = rows.Slice(r * words, words);
                if (row[0] < low)
                    break;
                if (row[0] > high || (asKnown && row[1] > now))
                    continue;
                for (rank++; next < ops.Length && ops[next].Rank == rank; next++)
                    WritePlain(ops[next].Destination, ops[next].Place, row, texts, r, ref sink);
            }

            for (; next < ops.Length; next++)
                sink.None(ops[next].Destination, ops[next].Place.Type);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WritePlain<TSink>(int destination, in OnlineLayout.PlainPlace place, ReadOnlySpan<long> row, ReadOnlySpan<string?> texts, int at, scoped ref TSink sink)
        where TSink : struct, IFeatureSink, allows ref struct
    {
        switch (place.Type)
        {
            case DataType.Float32:
                sink.Number(destination, DataType.Float32, MemoryMarshal.Cast<long, float>(row)[place.At]);
                break;
            case DataType.Float64:
                sink.Number(destination, DataType.Float64, BitConverter.Int64BitsToDouble(row[place.At]));
                break;
            case DataType.String:
                var text = (at * _layout.Texts) + place.At;
                sink.Text(destination, (uint)text < (uint)texts.Length ? texts[text] : null);
                break;
            default:
                if ((row[2 + (place.Bit >> 6)] >> (place.Bit & 63) & 1) != 0)
                    sink.Word(destination, place.Type, row[place.At]);
                else
                    sink.None(destination, place.Type);
                break;
        }
    }
}
