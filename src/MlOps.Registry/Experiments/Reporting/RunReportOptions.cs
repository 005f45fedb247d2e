namespace MlOps.Registry;

/// <summary>What goes into the report of a run.</summary>
public sealed record RunReportOptions
{
    /// <summary>Points of a metric that are drawn at most; peaks are kept.</summary>
    /// <value>Default: 400.</value>
    public int MaxPoints { get; init; } = 400;

    /// <summary>Metrics that are drawn at most, in the order of their names; the table lists all.</summary>
    /// <value>Default: 60.</value>
    public int MaxMetrics { get; init; } = 60;

    /// <summary>Whether the measurements of the machine are drawn.</summary>
    /// <value>Default: true.</value>
    public bool SystemMetrics { get; init; } = true;
}
