using MlOps.Reporting.Rendering;

namespace MlOps.Reporting;

/// <summary>A table of texts. Columns in which every text is a number stand to the right.</summary>
/// <param name="Columns">Headings.</param>
/// <param name="Rows">Texts by row; missing ones are empty.</param>
/// <param name="Title">What the table shows; null for none.</param>
public sealed record ReportTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, string? Title = null)
{
    /// <summary>The first rows of a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="title">What the table shows; null for none.</param>
    /// <param name="maxRows">How many rows at most.</param>
    /// <returns>The table.</returns>
    public static ReportTable From(DataFrame frame, string? title = null, int maxRows = 50)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var rows = Enumerable.Range(0, Math.Min(frame.RowCount, maxRows)).Select(row => (IReadOnlyList<string>)[.. frame.Columns.Select(column => Text(column, row))]);
        return new ReportTable([.. frame.Columns.Select(column => column.Name)], [.. rows], title);
    }

    private static string Text(DataColumn column, int row) => column switch
    {
        _ when column.IsNull(row) => "–",
        DataColumn<double> numbers => Labels.Value(numbers[row], AxisScale.Linear),
        DataColumn<float> numbers => Labels.Value(numbers[row], AxisScale.Linear),
        _ => ValueText.Format(column, row),
    };
}
