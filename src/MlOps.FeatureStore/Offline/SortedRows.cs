using System.Buffers.Binary;

namespace MlOps.Features;

/// <summary>The order in which a segment holds the rows of a batch: by entity key, and within an entity by (event time, availability, arrival).</summary>
internal sealed class SortedRows
{
    private const int DigitBits = 11;
    private readonly byte[] _keys;
    private readonly int[] _keyEnds;
    private readonly int[] _codes;
    private readonly int[] _starts;
    private readonly int[] _order;

    private SortedRows(RowBatch batch, byte[] keys, int[] keyEnds, int[] codes, int[] starts, int[] order)
    {
        Batch = batch;
        _keys = keys;
        _keyEnds = keyEnds;
        _codes = codes;
        _starts = starts;
        _order = order;
    }

    public RowBatch Batch { get; }

    public int Count => _order.Length;

    public int Entities => _codes.Length;

    /// <summary>The key of the entity at a place in the order of keys.</summary>
    public ReadOnlySpan<byte> Key(int place) => KeyOf(_keys, _keyEnds, _codes[place]);

    /// <summary>Where its rows begin in <see cref="Order"/>.</summary>
    public int StartOf(int place) => _starts[place];

    /// <summary>The rows of the batch in order.</summary>
    public ReadOnlySpan<int> Order => _order;

    public static SortedRows From(RowBatch batch)
    {
        var entities = batch.Keys[0].Length;
        var keys = Encode(batch, out var ends);
        var codes = OrderKeys(keys, ends);
        var places = new int[entities];
        for (var place = 0; place < entities; place++)
            places[codes[place]] = place;

        var starts = new int[entities + 1];
        var placed = GC.AllocateUninitializedArray<int>(batch.Count);
        for (var row = 0; row < placed.Length; row++)
        {
            var place = places[batch.Entity[row]];
            placed[row] = place;
            starts[place + 1]++;
        }

        for (var e = 0; e < entities; e++)
            starts[e + 1] += starts[e];
        var order = Group(placed, starts, null);
        // Batches mostly come in order of time, and grouping keeps it; one that does not is sorted by time as a whole before it is grouped.
        if (!IsInOrder(batch) && !IsInOrder(batch, starts, order))
            order = Group(placed, starts, ByTime(batch));
        return new SortedRows(batch, keys, ends, codes, starts, order);
    }

    private static int[] Group(int[] placed, int[] starts, int[]? rows)
    {
        var next = starts.AsSpan(0, starts.Length - 1).ToArray();
        var order = GC.AllocateUninitializedArray<int>(placed.Length);
        if (rows is null)
        {
            for (var row = 0; row < placed.Length; row++)
                order[next[placed[row]]++] = row;
        }
        else
        {
            foreach (var row in rows)
                order[next[placed[row]]++] = row;
        }

        return order;
    }

    // The batch as a whole, from front to back, which takes no jumps through memory.
    private static bool IsInOrder(RowBatch batch)
    {
        ReadOnlySpan<long> events = batch.Event, available = batch.Available;
        for (var row = 1; row < events.Length; row++)
        {
            if (events[row - 1] > events[row] || (events[row - 1] == events[row] && available[row - 1] > available[row]))
                return false;
        }

        return true;
    }

    private static bool IsInOrder(RowBatch batch, int[] starts, int[] order)
    {
        long[] events = batch.Event, available = batch.Available;
        for (var e = 0; e < starts.Length - 1; e++)
        {
            for (var i = starts[e] + 1; i < starts[e + 1]; i++)
            {
                int before = order[i - 1], row = order[i];
                if (events[before] > events[row] || (events[before] == events[row] && available[before] > available[row]))
                    return false;
            }
        }

        return true;
    }

    // Stable, so that arrival breaks ties: first by the lesser criterion, then by the greater.
    private static int[] ByTime(RowBatch batch)
    {
        var rows = new int[batch.Count];
        for (var row = 0; row < rows.Length; row++)
            rows[row] = row;
        var other = new int[rows.Length];
        if (!ReferenceEquals(batch.Event, batch.Available))
            Radix(batch.Available, ref rows, ref other);
        Radix(batch.Event, ref rows, ref other);
        return rows;
    }

    private static void Radix(long[] times, ref int[] rows, ref int[] other)
    {
        var least = times.Min();
        var range = (ulong)(times.Max() - least);
        var counts = new int[1 << DigitBits];
        for (var shift = 0; shift < 64 && range >> shift != 0; shift += DigitBits)
        {
            Array.Clear(counts);
            foreach (var time in times)
                counts[(int)((ulong)(time - least) >> shift) & (counts.Length - 1)]++;
            var sum = 0;
            for (var digit = 0; digit < counts.Length; digit++)
                (counts[digit], sum) = (sum, sum + counts[digit]);
            foreach (var row in rows)
                other[counts[(int)((ulong)(times[row] - least) >> shift) & (counts.Length - 1)]++] = row;
            (rows, other) = (other, rows);
        }
    }

    private static byte[] Encode(RowBatch batch, out int[] ends)
    {
        ends = new int[batch.Keys[0].Length];
        var keys = new byte[ends.Length * 16];
        var key = new byte[256];
        var at = 0;
        for (var code = 0; code < ends.Length; code++)
        {
            var length = KeyBytes.Encode(batch.Keys, code, ref key);
            if (length < 0)
                throw new InvalidInputException($"A key ('{string.Join("', '", batch.Keys.Select(part => part[code]))}') is no valid text: half a surrogate pair stands in it. Clean such rows, or drop them.");
            if (at + length > keys.Length)
                Array.Resize(ref keys, Math.Max(at + length, keys.Length * 2));
            key.AsSpan(0, length).CopyTo(keys.AsSpan(at));
            ends[code] = at += length;
        }

        return keys;
    }

    private static ReadOnlySpan<byte> KeyOf(byte[] keys, int[] ends, int code)
    {
        var start = code == 0 ? 0 : ends[code - 1];
        return keys.AsSpan(start, ends[code] - start);
    }

    // By eight bytes behind what all keys begin with, and where those are equal by all of them.
    private static int[] OrderKeys(byte[] keys, int[] ends)
    {
        var codes = new int[ends.Length];
        for (var code = 0; code < codes.Length; code++)
            codes[code] = code;
        if (codes.Length < 2)
            return codes;
        var shared = KeyOf(keys, ends, 0).Length;
        for (var code = 1; code < codes.Length; code++)
            shared = KeyOf(keys, ends, 0)[..shared].CommonPrefixLength(KeyOf(keys, ends, code));
        var prefixes = new ulong[codes.Length];
        Span<byte> eight = stackalloc byte[8];
        for (var code = 0; code < codes.Length; code++)
        {
            var rest = KeyOf(keys, ends, code)[shared..];
            eight.Clear();
            rest[..Math.Min(8, rest.Length)].CopyTo(eight);
            prefixes[code] = BinaryPrimitives.ReadUInt64BigEndian(eight);
        }

        Array.Sort(prefixes, codes);
        for (var start = 0; start < codes.Length;)
        {
            var end = start + 1;
            while (end < codes.Length && prefixes[end] == prefixes[start])
                end++;
            if (end - start > 1)
                codes.AsSpan(start, end - start).Sort((x, y) => KeyOf(keys, ends, x).SequenceCompareTo(KeyOf(keys, ends, y)));
            start = end;
        }

        return codes;
    }
}
