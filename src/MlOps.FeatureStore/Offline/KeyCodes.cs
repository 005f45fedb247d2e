using System.Globalization;
using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>Rows' entity keys as dense codes; -1 where a part is null.</summary>
internal sealed class KeyCodes
{
    private KeyCodes(int[] rows, string[][] parts)
    {
        Rows = rows;
        Parts = parts;
    }

    /// <summary>The code of each row.</summary>
    public int[] Rows { get; }

    /// <summary>For each part of the key, its text by code.</summary>
    public string[][] Parts { get; }

    public int Count => Parts[0].Length;

    /// <summary>Encodes one column; a cache over several calls may be shared by views that read the same columns.</summary>
    public static KeyCodes OfColumn(DataColumn column, string what)
    {
        var rows = new int[column.Length];
        switch (column)
        {
            case DataColumn<string> strings:
                var texts = new TextTable();
                rows.AsSpan().Fill(-1);
                texts.GetOrAddAll(strings.Span, rows);
                return new KeyCodes(Unless(column, rows), [texts.ToArray()]);
            case DataColumn<int> ints:
                var wide = new long[rows.Length];
                for (var i = 0; i < wide.Length; i++)
                    wide[i] = ints.Span[i];
                return OfNumbers(wide, column, rows);
            case DataColumn<long> longs:
                return OfNumbers(longs.Span, column, rows);
            default:
                throw new InvalidInputException($"{what}: key column '{column.Name}' holds {column.Type}; keys are String, Int32 or Int64. Convert the column.");
        }
    }

    /// <summary>Joins the codes of several parts into one.</summary>
    public static KeyCodes Combine(IReadOnlyList<KeyCodes> parts)
    {
        var combined = parts[0];
        for (var p = 1; p < parts.Count; p++)
            combined = Pair(combined, parts[p]);
        return combined;
    }

    private static KeyCodes Pair(KeyCodes left, KeyCodes right)
    {
        var rows = new int[left.Rows.Length];
        var firsts = new List<(int Left, int Right)>();
        var cells = (long)left.Count * right.Count;
        // A table is several times faster than hashing while it stays in the cache's reach.
        var table = cells <= 1 << 22 ? new int[cells] : null;
        var map = table is null ? new Dictionary<long, int>() : null;
        for (var i = 0; i < rows.Length; i++)
        {
            int a = left.Rows[i], b = right.Rows[i];
            if (a < 0 || b < 0)
            {
                rows[i] = -1;
                continue;
            }

            var cell = (long)a * right.Count + b;
            if (table is not null)
            {
                ref var slot = ref table[cell];
                if (slot == 0)
                {
                    firsts.Add((a, b));
                    slot = firsts.Count;
                }

                rows[i] = slot - 1;
            }
            else
            {
                ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(map!, cell, out var known);
                if (!known)
                {
                    slot = firsts.Count;
                    firsts.Add((a, b));
                }

                rows[i] = slot;
            }
        }

        var texts = new string[left.Parts.Length + 1][];
        for (var p = 0; p < left.Parts.Length; p++)
            texts[p] = [.. firsts.Select(pair => left.Parts[p][pair.Left])];
        texts[^1] = [.. firsts.Select(pair => right.Parts[0][pair.Right])];
        return new KeyCodes(rows, texts);
    }

    private static KeyCodes OfNumbers(ReadOnlySpan<long> values, DataColumn column, int[] rows)
    {
        var numbers = new NumberTable();
        numbers.GetOrAddAll(values, rows);
        var texts = new string[numbers.Count];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = numbers.Numbers[i].ToString(CultureInfo.InvariantCulture);
        return new KeyCodes(Unless(column, rows), [texts]);
    }

    // What stands in a null's place was numbered too, which harms nothing.
    private static int[] Unless(DataColumn column, int[] rows)
    {
        for (var i = 0; i < rows.Length && column.NullCount > 0; i++)
        {
            if (column.IsNull(i))
                rows[i] = -1;
        }

        return rows;
    }
}
