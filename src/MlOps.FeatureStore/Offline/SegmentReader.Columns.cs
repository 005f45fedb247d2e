using System.Runtime.InteropServices;

namespace MlOps.Features;

internal sealed unsafe partial class SegmentReader
{
    /// <summary>Event times from a row on, as many as lie in one piece but at most <paramref name="count"/>.</summary>
    public ReadOnlySpan<long> Events(int start, int count)
    {
        var group = Group(start >> _shift);
        var row = start & (GroupRows - 1);
        return new ReadOnlySpan<long>(group + Entry(group, SegmentLayout.Event)->Offset + row * 8L, Math.Min(count, GroupRows - row));
    }

    /// <summary>The first of an entity's rows, which are in order of event time, whose event time is not below a moment; the end when there is none.</summary>
    public int LowerBound(int start, int end, long moment)
    {
        // The piece that holds it first, then the place in it.
        while (start < end)
        {
            var piece = Events(start, end - start);
            if (piece[^1] >= moment)
                return start + EntityRows.LowerBound(piece, moment);
            start += piece.Length;
            if (end - start <= GroupRows)
                continue;
            int low = start >> _shift, high = (end - 1) >> _shift;
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                if (Events(middle << _shift, GroupRows)[^1] < moment)
                    low = middle + 1;
                else
                    high = middle;
            }

            start = low << _shift;
        }

        return end;
    }

    /// <summary>When rows became known.</summary>
    public void CopyAvailable(int start, Span<long> target)
    {
        CopyWords(SegmentLayout.Event, start, target);
        if (!HasAvailable)
            return;
        for (var done = 0; done < target.Length;)
        {
            var entry = Piece(SegmentLayout.Delay, start + done, target.Length - done, out var values, out var row, out var count);
            var piece = target.Slice(done, count);
            for (var i = 0; i < piece.Length; i++)
                piece[i] += Word(entry, values, row + i);
            done += count;
        }
    }

    /// <summary>The words of a column: integers, units with <see cref="ViewPlan.Missing"/>, hashes, the bits of floats, flags as 0, 1 and 2 for null.</summary>
    public void CopyWords(int column, int start, Span<long> target)
    {
        for (var done = 0; done < target.Length;)
        {
            var entry = Piece(column, start + done, target.Length - done, out var values, out var row, out var count);
            Decode(entry, values, row, target.Slice(done, count), _layout.Kinds[column]);
            done += count;
        }
    }

    /// <summary>The bits of a column of four bytes a row.</summary>
    public void CopySingles(int column, int start, Span<int> target)
    {
        for (var done = 0; done < target.Length;)
        {
            _ = Piece(column, start + done, target.Length - done, out var values, out var row, out var count);
            new ReadOnlySpan<int>((int*)values + row, count).CopyTo(target[done..]);
            done += count;
        }
    }

    /// <summary>The commit of a row of a merged segment.</summary>
    public long CommitOf(int row) => Value(SegmentLayout.Commit, row);

    /// <summary>Sets a bit for every null of a column of integers or moments.</summary>
    public void CopyNulls(int column, int start, int total, Span<ulong> target, int at)
    {
        for (var done = 0; done < total;)
        {
            var entry = Piece(column, start + done, total - done, out var values, out var row, out var count);
            if ((entry->Flags & SegmentFormat.HasNulls) != 0)
            {
                var bits = NullBits(entry, values, start + done);
                for (var i = 0; i < count; i++)
                {
                    if ((bits[(row + i) >> 6] >> ((row + i) & 63) & 1) != 0)
                        target[(at + done + i) >> 6] |= 1UL << ((at + done + i) & 63);
                }
            }

            done += count;
        }
    }

    /// <summary>Texts as codes of another dictionary, to which they are added.</summary>
    public void CopyTexts(int column, int start, Span<long> target, TextDictionary texts)
    {
        for (var done = 0; done < target.Length;)
        {
            var group = Group((start + done) >> _shift);
            var entry = Piece(column, start + done, target.Length - done, out var values, out var row, out var count);
            for (var i = 0; i < count; i++)
            {
                int code = ((ushort*)values)[row + i];
                target[done + i] = code == TextDictionary.Null ? TextDictionary.Null : texts.Add(TextOf(group, entry, code));
            }

            done += count;
        }
    }

    private long Value(int column, int row)
    {
        var entry = Piece(column, row, 1, out var values, out var at, out _);
        return Word(entry, values, at);
    }

    private ColumnEntry* Piece(int column, int start, int wanted, out byte* values, out int row, out int count)
    {
        var group = Group(start >> _shift);
        var entry = Entry(group, column);
        values = group + entry->Offset;
        row = start & (GroupRows - 1);
        count = Math.Min(wanted, GroupRows - row);
        return entry;
    }

    private static ColumnEntry* Entry(byte* group, int column) => (ColumnEntry*)group + column;

    private static long Word(ColumnEntry* entry, byte* values, int row) => entry->Width switch
    {
        0 => entry->Base,
        1 => entry->Base + values[row],
        2 => entry->Base + ((ushort*)values)[row],
        4 => entry->Base + ((uint*)values)[row],
        _ => entry->Base + ((long*)values)[row],
    };

    private static void Decode(ColumnEntry* entry, byte* values, int row, Span<long> target, SegmentColumn kind)
    {
        if (kind == SegmentColumn.Raw64)
        {
            new ReadOnlySpan<long>((long*)values + row, target.Length).CopyTo(target);
            return;
        }

        var origin = entry->Base;
        var missing = (entry->Flags & SegmentFormat.HasMissing) != 0;
        switch (entry->Width)
        {
            case 0:
                target.Fill((entry->Flags & SegmentFormat.AllMissing) != 0 ? ViewPlan.Missing : origin);
                break;
            case 1:
                for (var i = 0; i < target.Length; i++)
                    target[i] = missing && values[row + i] == byte.MaxValue ? ViewPlan.Missing : origin + values[row + i];
                break;
            case 2 when !missing:
                var plain = (ushort*)values + row;
                for (var i = 0; i < target.Length; i++)
                    target[i] = origin + plain[i];
                break;
            case 2:
                var shorts = (ushort*)values + row;
                for (var i = 0; i < target.Length; i++)
                    target[i] = missing && shorts[i] == ushort.MaxValue ? ViewPlan.Missing : origin + shorts[i];
                break;
            case 4 when kind == SegmentColumn.Raw32:
                var singles = (int*)values + row;
                for (var i = 0; i < target.Length; i++)
                    target[i] = singles[i];
                break;
            case 4:
                var ints = (uint*)values + row;
                for (var i = 0; i < target.Length; i++)
                    target[i] = missing && ints[i] == uint.MaxValue ? ViewPlan.Missing : origin + ints[i];
                break;
            default:
                var longs = (long*)values + row;
                for (var i = 0; i < target.Length; i++)
                    target[i] = missing && longs[i] == -1 ? ViewPlan.Missing : origin + longs[i];
                break;
        }
    }

    private ulong* NullBits(ColumnEntry* entry, byte* values, int row)
    {
        var rows = Math.Min(GroupRows, Rows - ((row >> _shift) << _shift));
        return (ulong*)(values + (rows * (long)entry->Width + 7) / 8 * 8);
    }

    private static ReadOnlySpan<byte> TextOf(byte* group, ColumnEntry* entry, int code)
    {
        var ends = (int*)(group + entry->Base);
        var texts = (byte*)(ends + 1 + ends[0]);
        var start = code == 0 ? 0 : ends[code];
        return new ReadOnlySpan<byte>(texts + start, ends[code + 1] - start);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ColumnEntry
    {
        public int Offset;
        public byte Width;
        public byte Flags;
        public short Reserved;
        public long Base;
    }
}
