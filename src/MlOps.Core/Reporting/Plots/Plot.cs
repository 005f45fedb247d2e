using System.Text.Json.Serialization;

namespace MlOps.Reporting;

/// <summary>
/// A plot as plain data: what it shows, not how. Immutable by convention (do not change the lists given); runs store it as JSON with
/// <see cref="PlotJson"/>, and <see cref="HtmlReport"/> draws it. Values that are NaN or infinite are left out of the drawing.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LinePlot), "line")]
[JsonDerivedType(typeof(BarPlot), "bar")]
[JsonDerivedType(typeof(HistogramPlot), "histogram")]
[JsonDerivedType(typeof(CalibrationPlot), "calibration")]
[JsonDerivedType(typeof(HeatMapPlot), "heatmap")]
[JsonDerivedType(typeof(GanttPlot), "gantt")]
[JsonDerivedType(typeof(PercentilePlot), "percentiles")]
[JsonDerivedType(typeof(DagPlot), "dag")]
public abstract record Plot
{
    private protected Plot()
    {
    }

    /// <summary>What the plot shows, as a heading.</summary>
    public required string Title { get; init; }

    /// <summary>A sentence below the plot: how to read it, where the data come from.</summary>
    /// <value>Default: null.</value>
    public string? Note { get; init; }

    /// <summary>Whether the plot takes the whole width of the page.</summary>
    /// <value>Default: false, two plots stand side by side where there is room.</value>
    public bool FullWidth { get; init; }
}
