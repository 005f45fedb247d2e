using System.Globalization;
using MlOps.Reporting.Rendering;

namespace MlOps.Reporting;

/// <summary>Shows data profiles in reports.</summary>
public static class DataProfileSection
{
    private const int MostPlots = 12;

    /// <summary>A table of all columns, histograms of the numeric ones (the first twelve) and their correlations.</summary>
    /// <param name="section">The section to fill.</param>
    /// <param name="profile">The profile.</param>
    /// <returns>The section.</returns>
    public static ReportSection Profile(this ReportSection section, DataProfile profile)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(profile);
        section.Tiles(
            new Tile("Rows", profile.Rows.ToString("N0", CultureInfo.InvariantCulture)),
            new Tile("Columns", profile.Columns.Count.ToString(CultureInfo.InvariantCulture)),
            new Tile("Missing values", Labels.Value(profile.Columns.Sum(column => (double)column.Missing) / Math.Max(1.0, profile.Rows * (double)profile.Columns.Count), AxisScale.Percent)));
        section.Table(new ReportTable(
            ["Column", "Type", "Missing", "Distinct", "Mean", "Std. dev.", "Min", "Median", "Max", "Most frequent"],
            [.. profile.Columns.Select(column => (IReadOnlyList<string>)
            [
                column.Name, column.Type.ToString(), Labels.Value(column.Missing / Math.Max(1.0, column.Rows), AxisScale.Percent), column.Distinct.ToString("N0", CultureInfo.InvariantCulture),
                Shown(column.Numbers?.Mean), Shown(column.Numbers?.StandardDeviation), Shown(column.Numbers?.Min), Shown(column.Numbers?.Median), Shown(column.Numbers?.Max),
                string.Join(", ", column.Frequent.Take(3).Select(pair => pair.Key)),
            ])]));
        section.Plot(profile.Columns.Where(column => column.Numbers is not null && column.Type != DataType.Boolean).Take(MostPlots).Select(column => new HistogramPlot
        {
            Title = column.Name,
            X = new PlotAxis(column.Name),
            Edges = column.Numbers!.Edges,
            Series = [new HistogramSeries(column.Name, column.Numbers.Counts)],
        }));
        if (profile.NumericColumns.Count > 1)
        {
            section.Plot(new HeatMapPlot
            {
                Title = "Correlation",
                Columns = profile.NumericColumns,
                Rows = profile.NumericColumns,
                Values = [.. profile.Correlations.Select(row => (IReadOnlyList<double>)[.. row.Select(value => Math.Round(value, 2))])],
                XLabel = "Column",
                YLabel = "Column",
                FullWidth = true,
            });
        }

        return section;
    }

    private static string Shown(double? value) => value is { } number ? Labels.Number(number) : "–";
}
