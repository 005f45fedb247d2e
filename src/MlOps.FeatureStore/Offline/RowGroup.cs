using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>The rows of a group on their way into a segment: one word a row and column, texts as codes into the group's dictionary.</summary>
internal sealed class RowGroup
{
    private readonly SegmentLayout _layout;
    private readonly long[][] _words;
    private readonly ulong[]?[] _nulls;
    private readonly TextDictionary?[] _texts;

    public RowGroup(SegmentLayout layout, int rows)
    {
        _layout = layout;
        Capacity = rows;
        _words = [.. layout.Kinds.Select(_ => new long[rows])];
        _nulls = [.. layout.Kinds.Select(kind => kind == SegmentColumn.Nullable ? new ulong[(rows + 63) / 64] : null)];
        _texts = [.. layout.Kinds.Select(kind => kind == SegmentColumn.Text ? new TextDictionary() : null)];
    }

    public int Capacity { get; }

    public int Count { get; private set; }

    public bool IsFull => Count == Capacity;

    public ReadOnlySpan<long> Events => _words[SegmentLayout.Event].AsSpan(0, Count);

    public ReadOnlySpan<long> Commits => _words[SegmentLayout.Commit].AsSpan(0, Count);

    /// <summary>Whether a row became known at another time than it happened.</summary>
    public bool HasDelays => _words[SegmentLayout.Delay].AsSpan(0, Count).ContainsAnyExcept(0L);

    public void Clear()
    {
        Count = 0;
        foreach (var nulls in _nulls)
            nulls?.AsSpan().Clear();
        foreach (var texts in _texts)
            texts?.Clear();
    }

    /// <summary>Appends rows of a batch in a given order; they must fit.</summary>
    public void Append(RowBatch batch, ReadOnlySpan<int> rows)
    {
        Gather(batch.Event, rows, Room(SegmentLayout.Event, rows.Length));
        var delays = Room(SegmentLayout.Delay, rows.Length);
        if (ReferenceEquals(batch.Event, batch.Available))
        {
            delays.Clear();
        }
        else
        {
            var events = Room(SegmentLayout.Event, rows.Length);
            for (var i = 0; i < rows.Length; i++)
                delays[i] = batch.Available[rows[i]] - events[i];
        }

        Room(SegmentLayout.Commit, rows.Length).Clear();
        for (var c = 0; c < batch.Fixed.Length; c++)
            Gather(batch.Fixed[c], rows, Room(_layout.FixedAt + c, rows.Length));
        for (var c = 0; c < batch.Hashed.Length; c++)
            Gather(batch.Hashed[c], rows, Room(_layout.HashedAt + c, rows.Length));
        for (var c = 0; c < batch.Plain.Length; c++)
            AppendPlain(batch.Plain[c], rows, _layout.PlainAt + c);
        Count += rows.Length;
    }

    /// <summary>Appends rows of a segment; they must fit.</summary>
    /// <param name="reader">The segment.</param>
    /// <param name="commit">The commit of its rows, where they do not carry their own.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many.</param>
    public void Append(SegmentReader reader, long commit, int start, int count)
    {
        for (var column = 0; column < _words.Length; column++)
        {
            var room = Room(column, count);
            if (_texts[column] is { } texts)
                reader.CopyTexts(column, start, room, texts);
            else if (_layout.Kinds[column] == SegmentColumn.Raw32)
                reader.CopySingles(column, start, Singles(column, count));
            else if (column == SegmentLayout.Commit && !reader.HasCommit)
                room.Fill(commit);
            else
                reader.CopyWords(column, start, room);
            if (_nulls[column] is { } nulls)
                reader.CopyNulls(column, start, count, nulls, Count);
        }

        Count += count;
    }

    /// <summary>How many bytes <see cref="Encode"/> may need at most.</summary>
    public int MostBytes => _words.Length * (SegmentFormat.DescriptorBytes + 16) + _words.Length * Capacity * 8 + _nulls.Sum(nulls => (nulls?.Length ?? 0) * 8)
        + _texts.Sum(texts => texts is null ? 0 : 16 + texts.Count * 4 + texts.Bytes.Length);

    public int Encode(Span<byte> target)
    {
        var at = _words.Length * SegmentFormat.DescriptorBytes;
        target[..at].Clear();
        for (var column = 0; column < _words.Length; column++)
        {
            var entry = target.Slice(column * SegmentFormat.DescriptorBytes, SegmentFormat.DescriptorBytes);
            BinaryPrimitives.WriteInt32LittleEndian(entry, at);
            var values = _words[column].AsSpan(0, Count);
            var end = _layout.Kinds[column] switch
            {
                SegmentColumn.Raw64 => Raw64(target, entry, at, values),
                SegmentColumn.Raw32 => Raw32(target, entry, at, MemoryMarshal.Cast<long, int>(_words[column].AsSpan())[..Count]),
                SegmentColumn.Flag => Fill(target, entry, at, values, 1),
                SegmentColumn.Text => Texts(target, entry, at, values, _texts[column]!),
                var kind => Narrow(target, entry, at, values, kind, _nulls[column]),
            };
            while (end % 8 != 0)
                target[end++] = 0;
            at = end;
        }

        return at;
    }

    private Span<long> Room(int column, int count) => _words[column].AsSpan(Count, count);

    // Columns of four bytes use the first half of their words.
    private Span<int> Singles(int column, int count) => MemoryMarshal.Cast<long, int>(_words[column].AsSpan()).Slice(Count, count);

    private static void Gather(long[] values, ReadOnlySpan<int> rows, Span<long> room)
    {
        for (var i = 0; i < rows.Length; i++)
            room[i] = values[rows[i]];
    }

    private void AppendPlain(DataColumn column, ReadOnlySpan<int> rows, int at)
    {
        var room = Room(at, rows.Length);
        var hasNulls = column.NullCount > 0;
        switch (column)
        {
            case DataColumn<float> floats:
                var singles = floats.Span;
                var bits = Singles(at, rows.Length);
                for (var i = 0; i < rows.Length; i++)
                    bits[i] = BitConverter.SingleToInt32Bits(singles[rows[i]]);
                return;
            case DataColumn<double> doubles:
                var numbers = doubles.Span;
                for (var i = 0; i < rows.Length; i++)
                    room[i] = BitConverter.DoubleToInt64Bits(numbers[rows[i]]);
                return;
            case DataColumn<bool> flags:
                for (var i = 0; i < rows.Length; i++)
                    room[i] = hasNulls && column.IsNull(rows[i]) ? 2 : flags.Span[rows[i]] ? 1 : 0;
                return;
            case DataColumn<string> texts:
                var dictionary = _texts[at]!;
                for (var i = 0; i < rows.Length; i++)
                    room[i] = (hasNulls && column.IsNull(rows[i])) || texts.Span[rows[i]] is not { } text ? TextDictionary.Null : dictionary.Add(text);
                return;
            case DataColumn<long> integers:
                Gather(integers.Span, rows, room, static value => value);
                break;
            case DataColumn<Timestamp> moments:
                Gather(moments.Span, rows, room, static value => value.Microseconds);
                break;
            default:
                throw new InvalidOperationException($"{column.Type} is not a kept type.");
        }

        for (var i = 0; hasNulls && i < rows.Length; i++)
        {
            if (!column.IsNull(rows[i]))
                continue;
            _nulls[at]![(Count + i) >> 6] |= 1UL << ((Count + i) & 63);
            room[i] = 0;
        }
    }

    private static void Gather<T>(ReadOnlySpan<T> values, ReadOnlySpan<int> rows, Span<long> room, Func<T, long> word)
    {
        for (var i = 0; i < rows.Length; i++)
            room[i] = word(values[rows[i]]);
    }

    private static int Raw64(Span<byte> target, Span<byte> entry, int at, ReadOnlySpan<long> values)
    {
        entry[4] = 8;
        MemoryMarshal.AsBytes(values).CopyTo(target[at..]);
        return at + values.Length * 8;
    }

    private static int Raw32(Span<byte> target, Span<byte> entry, int at, ReadOnlySpan<int> values)
    {
        entry[4] = 4;
        MemoryMarshal.AsBytes(values).CopyTo(target[at..]);
        return at + values.Length * 4;
    }

    private static int Narrow(Span<byte> target, Span<byte> entry, int at, ReadOnlySpan<long> values, SegmentColumn kind, ulong[]? nulls)
    {
        long least = long.MaxValue, most = long.MinValue;
        var missing = false;
        if (kind == SegmentColumn.Units)
        {
            foreach (var value in values)
            {
                if (value == ViewPlan.Missing)
                {
                    missing = true;
                    continue;
                }

                least = Math.Min(least, value);
                most = Math.Max(most, value);
            }
        }
        else
        {
            (least, most) = WordRange.Of(values);
        }

        byte flags = 0;
        if (least > most)
        {
            flags |= SegmentFormat.AllMissing;
            least = most = 0;
            missing = false;
        }

        var range = (ulong)most - (ulong)least;
        // The greatest number stands for a missing value where there are any.
        var room = missing ? range + 1 : range;
        byte width = room switch { 0 => 0, <= byte.MaxValue => 1, <= ushort.MaxValue => 2, <= uint.MaxValue => 4, _ => 8 };
        flags |= missing ? SegmentFormat.HasMissing : (byte)0;
        entry[4] = width;
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], least);
        var end = Fill(target, entry, at, values, width, least, missing);
        if (nulls is not null && nulls.AsSpan().ContainsAnyExcept(0UL))
        {
            flags |= SegmentFormat.HasNulls;
            while (end % 8 != 0)
                target[end++] = 0;
            var bytes = MemoryMarshal.AsBytes(nulls.AsSpan(0, (values.Length + 63) / 64));
            bytes.CopyTo(target[end..]);
            end += bytes.Length;
        }

        entry[5] = flags;
        return end;
    }

    private static int Fill(Span<byte> target, Span<byte> entry, int at, ReadOnlySpan<long> values, byte width, long least = 0, bool missing = false)
    {
        entry[4] = width;
        switch (width)
        {
            case 0:
                return at;
            case 1:
                for (var i = 0; i < values.Length; i++)
                    target[at + i] = missing && values[i] == ViewPlan.Missing ? byte.MaxValue : (byte)(values[i] - least);
                return at + values.Length;
            case 2:
                var shorts = MemoryMarshal.Cast<byte, ushort>(target.Slice(at, values.Length * 2));
                for (var i = 0; i < values.Length; i++)
                    shorts[i] = missing && values[i] == ViewPlan.Missing ? ushort.MaxValue : (ushort)(values[i] - least);
                return at + values.Length * 2;
            case 4:
                var ints = MemoryMarshal.Cast<byte, uint>(target.Slice(at, values.Length * 4));
                for (var i = 0; i < values.Length; i++)
                    ints[i] = missing && values[i] == ViewPlan.Missing ? uint.MaxValue : (uint)(values[i] - least);
                return at + values.Length * 4;
            default:
                var longs = MemoryMarshal.Cast<byte, ulong>(target.Slice(at, values.Length * 8));
                for (var i = 0; i < values.Length; i++)
                    longs[i] = missing && values[i] == ViewPlan.Missing ? ulong.MaxValue : (ulong)values[i] - (ulong)least;
                return at + values.Length * 8;
        }
    }

    // Codes, then how many texts there are, where each ends, and their bytes; the entry's base says where the count stands.
    private static int Texts(Span<byte> target, Span<byte> entry, int at, ReadOnlySpan<long> values, TextDictionary texts)
    {
        var end = Fill(target, entry, at, values, 2);
        while (end % 4 != 0)
            target[end++] = 0;
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], end);
        BinaryPrimitives.WriteInt32LittleEndian(target[end..], texts.Count);
        end += 4;
        for (var code = 0; code < texts.Count; code++, end += 4)
            BinaryPrimitives.WriteInt32LittleEndian(target[end..], texts.EndOf(code));
        texts.Bytes.CopyTo(target[end..]);
        return end + texts.Bytes.Length;
    }
}
