using System.Text;

namespace MlOps.Features;

internal sealed unsafe partial class SegmentReader
{
    /// <summary>Copies floats or doubles of a plain column to places; a row of -1 has no value. Neighbouring rows are quickest.</summary>
    public void Gather<T>(int plain, ReadOnlySpan<int> rows, ReadOnlySpan<int> places, T[] target, T none)
        where T : unmanaged
    {
        var column = _layout.PlainAt + plain;
        var mask = GroupRows - 1;
        var current = -1;
        T* values = null;
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if (row < 0)
            {
                target[places[i]] = none;
                continue;
            }

            if (row >> _shift != current)
            {
                current = row >> _shift;
                var group = Group(current);
                values = (T*)(group + Entry(group, column)->Offset);
            }

            target[places[i]] = values[row & mask];
        }
    }

    /// <summary>One word of a plain column of integers, moments or flags; false where it is null.</summary>
    public bool TryWord(int plain, int row, out long word)
    {
        var column = _layout.PlainAt + plain;
        var entry = Piece(column, row, 1, out var values, out var at, out _);
        word = Word(entry, values, at);
        if (_layout.Kinds[column] == SegmentColumn.Flag)
            return word != 2;
        return (entry->Flags & SegmentFormat.HasNulls) == 0 || (NullBits(entry, values, row)[at >> 6] >> (at & 63) & 1) == 0;
    }

    /// <summary>One text of a plain column; null where there is none.</summary>
    public string? Text(int plain, int row)
    {
        var entry = Piece(_layout.PlainAt + plain, row, 1, out var values, out var at, out _);
        int code = ((ushort*)values)[at];
        return code == TextDictionary.Null ? null : Encoding.UTF8.GetString(TextOf(Group(row >> _shift), entry, code));
    }

    /// <summary>One value of a plain column.</summary>
    public FeatureValue PlainValue(int plain, DataType type, int row)
    {
        switch (type)
        {
            case DataType.String:
                return Text(plain, row) is { } text ? FeatureValue.Of(text) : FeatureValue.None(type);
            case DataType.Float32 or DataType.Float64:
                Piece(_layout.PlainAt + plain, row, 1, out var values, out var at, out _);
                return type == DataType.Float32 ? FeatureValue.Of(((float*)values)[at]) : FeatureValue.Of(((double*)values)[at]);
            default:
                return TryWord(plain, row, out var word) ? FeatureValue.OfWord(type, word) : FeatureValue.None(type);
        }
    }

    /// <summary>When a row happened.</summary>
    public long EventOf(int row) => Events(row, 1)[0];

    /// <summary>When a row became known.</summary>
    public long AvailableOf(int row) => HasAvailable ? EventOf(row) + Value(SegmentLayout.Delay, row) : EventOf(row);
}
