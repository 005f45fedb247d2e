namespace MlOps.Reporting;

/// <summary>What ran when: the steps of a pipeline run. Each row name gets one line, in the order of appearance.</summary>
public sealed record GanttPlot : Plot
{
    /// <summary>The spans.</summary>
    public required IReadOnlyList<GanttSpan> Spans { get; init; }
}
