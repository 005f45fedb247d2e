namespace MlOps.Features;

/// <summary>Rows of a partition on their way, all on one side of both offsets from which the job resumed.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Offsets">Each row's offset.</param>
/// <param name="Last">The offset up to which this goes.</param>
/// <param name="Unreadable">Records between them that are no rows.</param>
/// <param name="Taken">Rows of the budget that it holds.</param>
internal sealed record StreamItem(DataFrame Rows, ReadOnlyMemory<long> Offsets, long Last, IReadOnlyList<UnreadableRecord> Unreadable, int Taken)
{
    /// <summary>Joins items of equal columns.</summary>
    public static StreamItem Join(List<StreamItem> items)
    {
        if (items.Count == 1)
            return items[0];
        var offsets = new long[items.Sum(item => item.Offsets.Length)];
        var at = 0;
        foreach (var item in items)
        {
            item.Offsets.CopyTo(offsets.AsMemory(at));
            at += item.Offsets.Length;
        }

        // Frames without rows may have no columns either.
        var frames = items.Where(item => item.Rows.RowCount > 0).Select(item => item.Rows).ToArray();
        return new StreamItem(
            frames.Length == 0 ? items[0].Rows : DataFrame.Concat(frames), offsets, items.Max(item => item.Last), [.. items.SelectMany(item => item.Unreadable)], items.Sum(item => item.Taken));
    }

    /// <summary>Whether the rows can be joined with others; those without rows can with any.</summary>
    public bool HasColumnsOf(DataFrame? others)
    {
        if (Rows.RowCount == 0 || others is null)
            return true;
        if (Rows.Columns.Count != others.Columns.Count)
            return false;
        for (var c = 0; c < others.Columns.Count; c++)
        {
            if (Rows.Columns[c].Name != others.Columns[c].Name || Rows.Columns[c].Type != others.Columns[c].Type)
                return false;
        }

        return true;
    }
}
