namespace MlOps.Orchestration;

/// <summary>Which runs to list, newest first.</summary>
public sealed record PipelineRunQuery
{
    /// <summary>Only runs of this pipeline; null for all.</summary>
    public string? Pipeline { get; init; }

    /// <summary>Only runs in this state; null for all.</summary>
    public PipelineStatus? Status { get; init; }

    /// <summary>Only runs created before; null for all.</summary>
    public Timestamp? Before { get; init; }

    /// <summary>At most so many.</summary>
    /// <value>Default: 100.</value>
    public int Limit { get; init; } = 100;
}
