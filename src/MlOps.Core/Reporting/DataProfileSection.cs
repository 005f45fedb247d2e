using System.Globalization;
using MlOps.Reporting.Rendering;

namespace MlOps.Reporting;

/// <summary>Shows data profiles in reports.</summary>
public static class DataProfileSection
{
    private const int MostPlots = 12;
    private const int MostCorrelated = 24;

    /// <summary>
    /// Key figures, a table of all columns, the missing shares, histograms of numeric and time columns and bars of the others (the first twelve),
    /// and the correlations.
    /// </summary>
    /// <param name="section">The section to fill.</param>
    /// <param name="profile">The profile.</param>
    /// <returns>The section.</returns>
    public static ReportSection Profile(this ReportSection section, DataProfile profile)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(profile);
        section.Tiles(Tiles(profile));
        section.Table(new ReportTable(
            ["Column", "Type", "Missing", "Distinct", "Mean", "Std. dev.", "Min", "25 %", "Median", "75 %", "Max", "Most frequent"],
            [.. profile.Columns.Select(column => (IReadOnlyList<string>)
            [
                column.Name, column.Type.ToString(), Labels.Value(column.MissingShare, AxisScale.Percent), (column.DistinctIsEstimate ? "≈ " : "") + column.Distinct.ToString("N0", CultureInfo.InvariantCulture),
                Shown(column.Numbers?.Mean), Shown(column.Numbers?.StandardDeviation), Bound(column, numbers => numbers.Min), Bound(column, numbers => numbers.P25), Bound(column, numbers => numbers.Median),
                Bound(column, numbers => numbers.P75), Bound(column, numbers => numbers.Max), string.Join(", ", column.Frequent.Take(3).Select(pair => Labels.Fit(pair.Key, 160))),
            ])]));
        var notes = Notes(profile);
        if (notes.Length > 0)
            section.Text(string.Join(' ', notes));
        if (profile.Columns.Any(column => column.Missing > 0))
        {
            section.Heading("Missing values").Plot(new BarPlot
            {
                Title = "Share of rows without a value",
                Value = new PlotAxis("Missing", Scale: AxisScale.Percent, Min: 0),
                Bars = [.. profile.Columns.Where(column => column.Missing > 0).OrderByDescending(column => column.Missing).Take(40).Select(column => new Bar(column.Name, column.MissingShare))],
                FullWidth = true,
            });
        }

        section.Heading("Values").Plot(profile.Columns.Select(Spread).OfType<Plot>().Take(MostPlots));
        if (profile.NumericColumns.Count > 1)
        {
            section.Heading("Correlations").Plot(Matrix("Pearson: how well a straight line fits", profile, profile.Correlations, null));
            if (profile.RankCorrelations.Count > 0)
                section.Plot(Matrix("Spearman: how well any rising or falling curve fits", profile, profile.RankCorrelations, profile.RankRows < profile.Rows ? $"From {profile.RankRows:N0} of the rows, evenly spaced." : null));
        }

        return section;
    }

    private static IEnumerable<Tile> Tiles(DataProfile profile)
    {
        yield return new Tile("Rows", profile.Rows.ToString("N0", CultureInfo.InvariantCulture));
        yield return new Tile("Columns", profile.Columns.Count.ToString(CultureInfo.InvariantCulture));
        yield return new Tile("Missing values", Labels.Value(profile.Columns.Sum(column => (double)column.Missing) / Math.Max(1.0, profile.Rows * (double)profile.Columns.Count), AxisScale.Percent));
        if (profile.DuplicateRows is { } rows)
            yield return new Tile("Duplicate rows", rows.ToString("N0", CultureInfo.InvariantCulture), rows > 0 ? Labels.Value((double)rows / profile.Rows, AxisScale.Percent) : null, rows > 0 ? TileTone.Warning : TileTone.Neutral);
        if (profile.DuplicateKeys is { } keys)
            yield return new Tile("Duplicate keys", keys.ToString("N0", CultureInfo.InvariantCulture), string.Join(", ", profile.Keys), keys > 0 ? TileTone.Bad : TileTone.Good);
    }

    private static string[] Notes(DataProfile profile) =>
    [
        .. profile.Columns.Where(column => column.IsConstant).Select(column => column.Name).ToArray() is { Length: > 0 } constant ? [$"Constant: {string.Join(", ", constant)}."] : Array.Empty<string>(),
        .. profile.Columns.Any(column => column.DistinctIsEstimate) ? ["≈ marks estimates of the distinct count (HyperLogLog, standard error 0.8 %)."] : Array.Empty<string>(),
        .. profile.Columns.Any(column => (column.Numbers ?? column.Times) is { QuantilesAreEstimates: true }) ? ["Quantiles come from an evenly spaced sample of the rows."] : Array.Empty<string>(),
    ];

    private static Plot? Spread(ColumnProfile column)
    {
        if (column.Type != DataType.Boolean && (column.Numbers ?? column.Times) is { } numbers)
        {
            return new HistogramPlot
            {
                Title = column.Name,
                X = new PlotAxis(column.Name, Scale: column.Times is null ? AxisScale.Linear : AxisScale.Time),
                Edges = numbers.Edges,
                Series = [new HistogramSeries(column.Name, numbers.Counts)],
            };
        }

        return column.Frequent.Count == 0 ? null : new BarPlot
        {
            Title = column.Name,
            Value = new PlotAxis("Rows", Scale: AxisScale.Percent, Min: 0),
            Bars = [.. column.Frequent.Select(pair => new Bar(pair.Key.Length == 0 ? "(empty)" : pair.Key, pair.Value / (double)column.Rows))],
            Note = column.Distinct > column.Frequent.Count ? $"The {column.Frequent.Count} most frequent of {column.Distinct:N0} values." : null,
        };
    }

    private static HeatMapPlot Matrix(string title, DataProfile profile, IReadOnlyList<IReadOnlyList<double>> values, string? note)
    {
        var names = profile.NumericColumns.Take(MostCorrelated).ToArray();
        return new HeatMapPlot
        {
            Title = title,
            Columns = names,
            Rows = names,
            Values = [.. values.Take(names.Length).Select(row => (IReadOnlyList<double>)[.. row.Take(names.Length).Select(value => Math.Round(value, 2))])],
            XLabel = "Column",
            YLabel = "Column",
            FullWidth = true,
            Note = profile.NumericColumns.Count > names.Length ? $"{note} The first {names.Length} of {profile.NumericColumns.Count} numeric columns.".Trim() : note,
        };
    }

    private static string Bound(ColumnProfile column, Func<NumberProfile, double> pick) =>
        column.Numbers is { } numbers ? Labels.Number(pick(numbers))
        : column.Times is { } times ? new Timestamp((long)(pick(times) * 1e6)).ToString()
        : "–";

    private static string Shown(double? value) => value is { } number ? Labels.Number(number) : "–";
}
