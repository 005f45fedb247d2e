using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>Brings plain columns into rows, a block at a time, column by column.</summary>
internal sealed class RowPacker(OnlineLayout layout)
{
    public const int BlockRows = 64;

    public long[] Words { get; } = new long[BlockRows * layout.RowWords];

    public string?[] Texts { get; } = new string?[BlockRows * layout.Texts];

    public void Pack(DataColumn[] columns, int from, int count)
    {
        var words = layout.RowWords;
        Words.AsSpan(0, count * words).Clear();
        var halves = MemoryMarshal.Cast<long, float>(Words.AsSpan());
        for (var c = 0; c < columns.Length; c++)
        {
            var place = layout.Plain[c];
            var column = columns[c];
            switch (column)
            {
                case DataColumn<float> floats:
                    var numbers = floats.Span.Slice(from, count);
                    for (var r = 0; r < count; r++)
                        halves[2 * r * words + place.At] = numbers[r];
                    break;
                case DataColumn<double> doubles:
                    var wide = doubles.Span.Slice(from, count);
                    for (var r = 0; r < count; r++)
                        Words[r * words + place.At] = BitConverter.DoubleToInt64Bits(wide[r]);
                    break;
                case DataColumn<string> texts:
                    for (var r = 0; r < count; r++)
                        Texts[r * layout.Texts + place.At] = texts.NullCount > 0 && texts.IsNull(from + r) ? null : texts.Span[from + r];
                    break;
                case DataColumn<bool> flags:
                    for (var r = 0; r < count; r++)
                        Set(r, place, flags.Span[from + r] ? 1 : 0, flags, from + r);
                    break;
                case DataColumn<Timestamp> moments:
                    for (var r = 0; r < count; r++)
                        Set(r, place, moments.Span[from + r].Microseconds, moments, from + r);
                    break;
                default:
                    var integers = ((DataColumn<long>)column).Span;
                    for (var r = 0; r < count; r++)
                        Set(r, place, integers[from + r], column, from + r);
                    break;
            }
        }
    }

    private void Set(int row, OnlineLayout.PlainPlace place, long word, DataColumn column, int at)
    {
        if (column.NullCount > 0 && column.IsNull(at))
            return;
        Words[row * layout.RowWords + place.At] = word;
        Words[row * layout.RowWords + 2 + (place.Bit >> 6)] |= 1L << (place.Bit & 63);
    }
}
