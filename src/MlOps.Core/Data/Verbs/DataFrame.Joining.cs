namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>
    /// Rows of this frame beside the rows of another that have the same keys; every pair gives a row. Null keys match nothing. Rows keep the
    /// order of this frame, and within one row the order of the other.
    /// </summary>
    /// <param name="right">The other frame.</param>
    /// <param name="on">The key columns, of the same names and types in both.</param>
    /// <param name="kind">What becomes of rows without a match.</param>
    /// <returns>This frame's columns, then those of the other without the keys.</returns>
    /// <exception cref="InvalidInputException">Key types differ, or another column stands in both frames.</exception>
    public DataFrame Join(DataFrame right, IEnumerable<string> on, JoinKind kind = JoinKind.Inner)
    {
        ArgumentNullException.ThrowIfNull(right);
        var leftKeys = KeyColumns(on, "Join");
        var rightKeys = leftKeys.Select(column => right[column.Name]).ToArray();
        for (var k = 0; k < leftKeys.Length; k++)
        {
            if (leftKeys[k].Type != rightKeys[k].Type)
                throw new InvalidInputException($"Key '{leftKeys[k].Name}' holds {leftKeys[k].Type} on the left and {rightKeys[k].Type} on the right: convert one of them.");
        }

        var payload = right._columns.Except(rightKeys).ToArray();
        if (Array.Find(payload, column => HasColumn(column.Name)) is { } twice)
            throw new InvalidInputException($"Column '{twice.Name}' stands in both frames and is no key: Select or Rename it first.");

        var values = NewCodes(leftKeys.Length);
        var pairs = NewPairs(leftKeys.Length);
        var rightCodes = EncodeKeys(rightKeys, values, pairs, grow: true);
        var leftCodes = EncodeKeys(leftKeys, values, pairs, grow: false);
        var groups = leftKeys.Length == 1 ? values[0].Count : pairs[^1].Count;
        var (starts, members) = GroupRows(rightCodes, groups, row => Array.Exists(rightKeys, key => key.IsNull(row)));

        var leftRows = new List<int>(RowCount);
        var rightRows = new List<int>(RowCount);
        for (var row = 0; row < leftCodes.Length; row++)
        {
            var code = leftCodes[row];
            var (from, to) = code < 0 ? (0, 0) : (starts[code], starts[code + 1]);
            if (from == to && kind == JoinKind.Left)
            {
                leftRows.Add(row);
                rightRows.Add(-1);
            }

            for (var m = from; m < to; m++)
            {
                leftRows.Add(row);
                rightRows.Add(members[m]);
            }
        }

        var right2 = rightRows.ToArray();
        return Take(leftRows.ToArray()).With(payload.Select(column => column.Take(right2)));
    }

    // Counting sort: the rows of group g are members[starts[g]..starts[g + 1]], in order.
    private static (int[] Starts, int[] Members) GroupRows(int[] codes, int groups, Func<int, bool>? leaveOut = null)
    {
        var starts = new int[groups + 1];
        var kept = new bool[codes.Length];
        for (var i = 0; i < codes.Length; i++)
        {
            kept[i] = leaveOut is null || !leaveOut(i);
            if (kept[i])
                starts[codes[i] + 1]++;
        }

        for (var g = 0; g < groups; g++)
            starts[g + 1] += starts[g];
        var members = new int[starts[groups]];
        var next = starts.AsSpan(0, groups).ToArray();
        for (var i = 0; i < codes.Length; i++)
        {
            if (kept[i])
                members[next[codes[i]]++] = i;
        }

        return (starts, members);
    }
}
