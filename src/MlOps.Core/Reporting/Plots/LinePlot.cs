namespace MlOps.Reporting;

/// <summary>One or more lines over a common axis: a ROC curve, a metric over time, a learning curve.</summary>
public sealed record LinePlot : Plot
{
    /// <summary>The horizontal axis.</summary>
    public required PlotAxis X { get; init; }

    /// <summary>The vertical axis.</summary>
    public required PlotAxis Y { get; init; }

    /// <summary>The lines.</summary>
    public required IReadOnlyList<LineSeries> Series { get; init; }

    /// <summary>Whether a dashed line is drawn where both axes are equal (chance in a ROC curve, perfection in a calibration).</summary>
    /// <value>Default: false.</value>
    public bool Diagonal { get; init; }

    /// <summary>A horizontal bound, drawn dashed and labelled.</summary>
    /// <value>Default: null.</value>
    public double? Threshold { get; init; }

    /// <summary>Vertical marks with a name, such as a deployment.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<PlotMark> Marks { get; init; } = [];
}
