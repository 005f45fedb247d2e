namespace MlOps.Features.Tests;

/// <summary>A row as a test draws it, before any engine sees it.</summary>
internal sealed record RawRow(string Key1, string Key2, long Event, long? Available, double? Delay, bool? Late, double? Level, string? Label = null, long? Number = null)
{
    public long Known => Available ?? Event;

    public static DataFrame Frame(IReadOnlyList<RawRow> rows) => new(
        DataColumn.Create("k1", rows.Select(row => row.Key1).ToArray()),
        DataColumn.Create("k2", rows.Select(row => row.Key2).ToArray()),
        DataColumn.Create("at", rows.Select(row => new Timestamp(row.Event)).ToArray()),
        DataColumn.Create("known", rows.Select(row => new Timestamp(row.Available ?? 0)).ToArray(), Validity(rows, row => row.Available is not null)),
        DataColumn.Create("delay", rows.Select(row => row.Delay ?? 0).ToArray(), Validity(rows, row => row.Delay is not null)),
        DataColumn.Create("late", rows.Select(row => row.Late ?? false).ToArray(), Validity(rows, row => row.Late is not null)),
        DataColumn.Create("level", rows.Select(row => row.Level ?? 0).ToArray(), Validity(rows, row => row.Level is not null)),
        DataColumn.FromText("label", rows.Select(row => row.Label)),
        DataColumn.FromNullable("number", rows.Select(row => row.Number)),
        DataColumn.FromNullable<Timestamp>("seen", rows.Select(row => row.Number is { } number ? new Timestamp(number) : (Timestamp?)null)));

    private static ulong[] Validity(IReadOnlyList<RawRow> rows, Func<RawRow, bool> isValid)
    {
        var bits = new ulong[(rows.Count + 63) / 64];
        for (var i = 0; i < rows.Count; i++)
        {
            if (isValid(rows[i]))
                bits[i >> 6] |= 1UL << (i & 63);
        }

        return bits;
    }
}
