namespace MlOps.Reporting;

/// <summary>How values are spread over ranges; several series (reference, current) are laid over each other as shares.</summary>
public sealed record HistogramPlot : Plot
{
    /// <summary>What was measured.</summary>
    public required PlotAxis X { get; init; }

    /// <summary>The bounds of the ranges, ascending; one more than there are ranges.</summary>
    public required IReadOnlyList<double> Edges { get; init; }

    /// <summary>The counts.</summary>
    public required IReadOnlyList<HistogramSeries> Series { get; init; }
}
