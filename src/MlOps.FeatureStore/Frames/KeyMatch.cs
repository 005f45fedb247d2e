namespace MlOps.Features;

/// <summary>Numbers the keys of a spine, and finds those of a history among them.</summary>
internal static class KeyMatch
{
    /// <param name="spine">The spine.</param>
    /// <param name="spineKeys">Its key columns.</param>
    /// <param name="history">The history.</param>
    /// <param name="historyKeys">Its key columns.</param>
    /// <param name="count">How many keys the spine has.</param>
    /// <returns>By row of either, the key's number; -1 where a part is null or the spine has no such key.</returns>
    public static (int[] Spine, int[] History) Encode(DataFrame spine, IReadOnlyList<string> spineKeys, DataFrame history, IReadOnlyList<string> historyKeys, out int count)
    {
        var (left, right) = Part(spine[spineKeys[0]], history[historyKeys[0]], out count);
        for (var p = 1; p < spineKeys.Count; p++)
        {
            var (nextLeft, nextRight) = Part(spine[spineKeys[p]], history[historyKeys[p]], out _);
            var pairs = new NumberTable();
            left = Pair(left, nextLeft, pairs.GetOrAddAll);
            right = Pair(right, nextRight, pairs.FindAll);
            count = pairs.Count;
        }

        return (left, right);
    }

    private static int[] Pair(int[] left, int[] right, Action<ReadOnlySpan<long>, Span<int>> number)
    {
        var pairs = new long[left.Length];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = left[i] < 0 || right[i] < 0 ? -1 : ((long)left[i] << 32) | (uint)right[i];
        var codes = new int[left.Length];
        number(pairs, codes);
        for (var i = 0; i < pairs.Length; i++)
        {
            if (pairs[i] < 0)
                codes[i] = -1;
        }

        return codes;
    }

    private static (int[] Spine, int[] History) Part(DataColumn spine, DataColumn history, out int count)
    {
        var (left, right) = (new int[spine.Length], new int[history.Length]);
        if (spine is DataColumn<string> leftTexts && history is DataColumn<string> rightTexts)
        {
            left.AsSpan().Fill(-1);
            right.AsSpan().Fill(-1);
            var texts = new TextTable();
            texts.GetOrAddAll(leftTexts.Span, left);
            texts.FindAll(rightTexts.Span, right);
            count = texts.Count;
        }
        else
        {
            var numbers = new NumberTable();
            numbers.GetOrAddAll(Numbers(spine, history), left);
            numbers.FindAll(Numbers(history, spine), right);
            count = numbers.Count;
        }

        BlankNulls(spine, left);
        BlankNulls(history, right);
        return (left, right);
    }

    private static ReadOnlySpan<long> Numbers(DataColumn column, DataColumn other)
    {
        switch (column)
        {
            case DataColumn<long> longs:
                return longs.Span;
            case DataColumn<int> ints:
                var wide = new long[ints.Length];
                for (var i = 0; i < wide.Length; i++)
                    wide[i] = ints.Span[i];
                return wide;
            default:
                throw new InvalidInputException($"Key column '{column.Name}' holds {column.Type} and is to match '{other.Name}', which holds {other.Type}; keys are both String, or both Int32 or Int64. Convert a column.");
        }
    }

    private static void BlankNulls(DataColumn column, int[] codes)
    {
        for (var i = 0; i < codes.Length && column.NullCount > 0; i++)
        {
            if (column.IsNull(i))
                codes[i] = -1;
        }
    }
}
