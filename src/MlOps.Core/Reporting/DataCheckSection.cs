using System.Globalization;

namespace MlOps.Reporting;

/// <summary>Shows check reports in reports.</summary>
public static class DataCheckSection
{
    /// <summary>Key figures, a table of all expectations, the failed ones first, and the first failing rows with their values.</summary>
    /// <param name="section">The section to fill.</param>
    /// <param name="report">What the checks found.</param>
    /// <param name="showValues">Whether values of failing rows are shown; turn it off where the page is for people who may not see the data.</param>
    /// <returns>The section.</returns>
    public static ReportSection Checks(this ReportSection section, DataCheckReport report, bool showValues = true)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(report);
        var failures = report.Failures.ToArray();
        section.Tiles(
            new Tile("Rows", report.Rows.ToString("N0", CultureInfo.InvariantCulture)),
            new Tile("Expectations", report.Results.Count.ToString(CultureInfo.InvariantCulture)),
            failures.Length == 0
                ? new Tile("Not met", "0", "all are met", TileTone.Good)
                : new Tile("Not met", failures.Length.ToString(CultureInfo.InvariantCulture), "the data are refused whole", TileTone.Bad));
        section.Table(new ReportTable(
            ["", "Column", "Expected", "Observed", "Failing rows"],
            [.. failures.Concat(report.Results.Where(result => result.Passed)).Select(result => (IReadOnlyList<string>)
            [
                result.Passed ? "✓" : "✕", string.Join(", ", result.Columns), result.Expected, result.Observed, result.FailingRows.ToString("N0", CultureInfo.InvariantCulture),
            ])]));
        var rows = failures.Where(result => result.FirstRows.Count > 0).SelectMany(result => result.FirstRows.Select((row, i) => (IReadOnlyList<string>)
        [
            result.Expectation, row.ToString(CultureInfo.InvariantCulture), !showValues ? "" : i < result.Samples.Count ? result.Samples[i] ?? "–" : "–",
        ])).ToArray();
        if (rows.Length > 0)
            section.Heading("First failing rows").Table(new ReportTable(["Expectation", "Row", "Value"], rows));
        return section;
    }
}
