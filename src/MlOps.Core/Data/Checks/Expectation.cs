using System.Globalization;

namespace MlOps;

/// <summary>One thing that is expected of a frame.</summary>
internal abstract class Expectation(DataCheckKind kind, params string[] columns)
{
    public DataCheckKind Kind => kind;

    public string[] Columns => columns;

    /// <summary>What is expected, for people.</summary>
    public abstract string Expected { get; }

    public string Text => columns.Length == 0 ? Expected : $"{string.Join(", ", columns)}: {Expected}";

    public DataCheckResult Run(DataFrame frame, int samples)
    {
        if (Array.Find(columns, column => !frame.HasColumn(column)) is { } absent)
            return Whole(false, $"there is no column '{absent}'");
        return Judge(frame, samples);
    }

    protected abstract DataCheckResult Judge(DataFrame frame, int samples);

    /// <summary>A result on the frame or column as a whole.</summary>
    protected DataCheckResult Whole(bool passed, string observed) => new() { Kind = kind, Columns = columns, Expectation = Text, Expected = Expected, Passed = passed, Observed = observed };

    protected DataCheckResult WrongType(DataColumn column, string needed) => Whole(false, $"column '{column.Name}' holds {column.Type}, which is not {needed}");

    /// <summary>A result on rows.</summary>
    protected DataCheckResult Rows(FailingRows failing, DataColumn? shown, bool? passed = null) => new()
    {
        Kind = kind,
        Columns = columns,
        Expectation = Text,
        Expected = Expected,
        Passed = passed ?? failing.Count == 0,
        Observed = failing.Count == 0 ? "all rows" : string.Create(CultureInfo.InvariantCulture, $"{failing.Count:N0} failing rows"),
        FailingRows = failing.Count,
        FirstRows = failing.First,
        Samples = shown is null ? [] : [.. failing.First.Select(row => shown.IsNull(row) ? null : ValueText.Format(shown, row))],
    };

    protected static string Number(double value) => value switch
    {
        double.MaxValue => "the greatest number",
        double.MinValue => "the least number",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}

/// <summary>Counts failing rows and keeps the first of them.</summary>
internal struct FailingRows(int most)
{
    private List<int>? _first;

    public long Count { get; private set; }

    public readonly IReadOnlyList<int> First => _first ?? [];

    public void Add(int row)
    {
        if (Count++ < most)
            (_first ??= []).Add(row);
    }
}
