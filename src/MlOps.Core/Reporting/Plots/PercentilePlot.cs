namespace MlOps.Reporting;

/// <summary>How latencies (or other measurements) are spread: one box per name.</summary>
public sealed record PercentilePlot : Plot
{
    /// <summary>What was measured.</summary>
    public required PlotAxis Value { get; init; }

    /// <summary>The boxes, from top to bottom.</summary>
    public required IReadOnlyList<PercentileBox> Boxes { get; init; }

    /// <summary>A bound, such as a latency goal.</summary>
    /// <value>Default: null.</value>
    public double? Threshold { get; init; }
}
