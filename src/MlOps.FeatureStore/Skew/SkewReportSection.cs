using System.Globalization;
using MlOps.Features;

namespace MlOps.Reporting;

/// <summary>Shows skew audits in reports.</summary>
public static class SkewReportSection
{
    private const int MostBars = 40;

    /// <summary>Key figures, a table of the features with cause and evidence, the rates as bars, examples.</summary>
    /// <param name="section">The section to fill.</param>
    /// <param name="report">The audit's report.</param>
    /// <returns>The section.</returns>
    public static ReportSection SkewAudit(this ReportSection section, SkewAuditReport report)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(report);
        section.Text($"{report.Service}: requests from {report.From} to {report.To}, recomputed as known at each moment.");
        section.Tiles(
            new Tile("Verdict", report.Verdict switch { SkewVerdict.Consistent => "consistent", SkewVerdict.Skewed => "skewed", _ => "nothing compared" }, null, report.Verdict switch
            {
                SkewVerdict.Consistent => TileTone.Good,
                SkewVerdict.Skewed => TileTone.Bad,
                _ => TileTone.Warning,
            }),
            new Tile("Vectors", Number(report.Vectors), report.Thinned > 0 ? $"{Number(report.Thinned)} left out" : null),
            new Tile("Values compared", Number(report.Values)),
            new Tile("Values that differ", Number(report.Different), Percent(report.Rate)),
            new Tile("Pending", Number(report.Pending), "not ingested offline yet"),
            new Tile("Coarse", Number(report.Coarse), "read too far back"));
        section.Table(new ReportTable(
            ["Feature", "Compared", "Differ", "Mismatched", "Missing online", "Extra", "SMAPE", "Median difference", "Cause", "Evidence"],
            [.. report.Features.OrderByDescending(feature => feature.Rate).Select(feature => (IReadOnlyList<string>)
            [
                feature.Feature, Number(feature.Compared), Percent(feature.Rate), Number(feature.Mismatched), Number(feature.MissingOnline), Number(feature.Extra),
                Percent(feature.Smape), feature.Different == 0 ? "–" : feature.Delta.Median.ToString("G4", CultureInfo.InvariantCulture),
                feature.Finding?.Cause.ToString() ?? "–", feature.Finding?.Evidence ?? "",
            ])],
            "Served against recomputed"));
        var differing = report.Features.Where(feature => feature.Different > 0).OrderByDescending(feature => feature.Rate).ToArray();
        if (differing.Length == 0)
            return section;
        section.Plot(new BarPlot
        {
            Title = "Share of values that differ",
            Value = new PlotAxis("Share", Scale: AxisScale.Percent, Min: 0, Max: 1),
            Bars = [.. differing.Take(MostBars).Select(feature => new Bar(feature.Feature, feature.Rate))],
            Threshold = 0,
        });
        section.Table(new ReportTable(
            ["Feature", "Keys", "As of", "Served", "Recomputed"],
            [.. differing.SelectMany(feature => feature.Examples.Select(example => (IReadOnlyList<string>)
                [feature.Feature, string.Join(", ", example.Keys), example.AsOf.ToString(), Value(example.Served), Value(example.Recomputed)]))],
            "Examples"));
        return section;
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => share.ToString("P2", CultureInfo.InvariantCulture);

    private static string Value(float value) => float.IsNaN(value) ? "–" : value.ToString("R", CultureInfo.InvariantCulture);
}
