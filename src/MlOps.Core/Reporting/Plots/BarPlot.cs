namespace MlOps.Reporting;

/// <summary>Horizontal bars, one per name: feature importances, drift per feature against a bound.</summary>
public sealed record BarPlot : Plot
{
    /// <summary>What the bars measure.</summary>
    public required PlotAxis Value { get; init; }

    /// <summary>The bars, from top to bottom.</summary>
    public required IReadOnlyList<Bar> Bars { get; init; }

    /// <summary>A bound, drawn as a line; bars beyond it are drawn in the colour of alarm.</summary>
    /// <value>Default: null.</value>
    public double? Threshold { get; init; }
}
