namespace MlOps.Reporting;

/// <summary>A table of numbers as colours: a confusion matrix, correlations, drift per feature and day.</summary>
public sealed record HeatMapPlot : Plot
{
    /// <summary>Names of the columns.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Names of the rows, from top to bottom.</summary>
    public required IReadOnlyList<string> Rows { get; init; }

    /// <summary>Numbers by row and column; NaN leaves a cell empty.</summary>
    public required IReadOnlyList<IReadOnlyList<double>> Values { get; init; }

    /// <summary>What the columns are.</summary>
    public required string XLabel { get; init; }

    /// <summary>What the rows are.</summary>
    public required string YLabel { get; init; }

    /// <summary>How the numbers are written.</summary>
    /// <value>Default: plain numbers.</value>
    public AxisScale Scale { get; init; }
}
