namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>One number per row: equal combinations of values (null among them) have equal ones, from 0 to before the count.</summary>
    internal int[] CodesOf(DataColumn[] columns, out int count)
    {
        var values = NewCodes(columns.Length);
        var pairs = NewPairs(columns.Length);
        var codes = EncodeKeys(columns, values, pairs, grow: true);
        count = columns.Length == 1 ? values[0].Count : pairs[^1].Count;
        return codes;
    }

    /// <summary>One number per row for a combination of key columns; -1 where the combination is unknown and must not grow.</summary>
    private static int[] EncodeKeys(DataColumn[] columns, ValueCodes[] values, Dictionary<(int, int), int>[] pairs, bool grow)
    {
        var codes = columns[0].Encode(values[0], grow);
        for (var k = 1; k < columns.Length; k++)
        {
            var next = columns[k].Encode(values[k], grow);
            var known = pairs[k];
            for (var i = 0; i < codes.Length; i++)
            {
                if (codes[i] < 0 || next[i] < 0)
                {
                    codes[i] = -1;
                    continue;
                }

                var pair = (codes[i], next[i]);
                if (known.TryGetValue(pair, out var code))
                    codes[i] = code;
                else if (grow)
                    known.Add(pair, codes[i] = known.Count);
                else
                    codes[i] = -1;
            }
        }

        return codes;
    }

    private DataColumn[] KeyColumns(IEnumerable<string> keys, string verb)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var columns = keys.Select(key => this[key]).ToArray();
        return columns.Length > 0 ? columns : throw new InvalidInputException($"{verb} needs at least one key column.");
    }

    private static ValueCodes[] NewCodes(int keys) => Enumerable.Range(0, keys).Select(_ => new ValueCodes()).ToArray();

    private static Dictionary<(int, int), int>[] NewPairs(int keys) => Enumerable.Range(0, keys).Select(_ => new Dictionary<(int, int), int>()).ToArray();
}
