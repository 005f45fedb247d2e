namespace MlOps.Features.Tests;

/// <summary>A row of the audit's world, for either of its views.</summary>
internal sealed record SkewRow(string Key, Timestamp At, Timestamp Known, double? Delay, double Amount, double? Level, double Price)
{
    public static DataFrame Frame(IReadOnlyList<SkewRow> rows) => new(
        DataColumn.Create("key", rows.Select(row => row.Key).ToArray()),
        DataColumn.Create("at", rows.Select(row => row.At).ToArray()),
        DataColumn.Create("known", rows.Select(row => row.Known).ToArray()),
        DataColumn.FromNullable("delay", rows.Select(row => row.Delay)),
        DataColumn.Create("amount", rows.Select(row => row.Amount).ToArray()),
        DataColumn.FromNullable("level", rows.Select(row => row.Level)),
        DataColumn.Create("price", rows.Select(row => row.Price).ToArray()));
}
