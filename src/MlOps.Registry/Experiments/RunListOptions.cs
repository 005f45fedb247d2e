namespace MlOps.Registry;

/// <summary>Which runs of an experiment are listed.</summary>
public sealed record RunListOptions
{
    /// <summary>At most so many.</summary>
    /// <value>Default: 100.</value>
    public int Limit { get; init; } = 100;

    /// <summary>Only runs that are not part of another one.</summary>
    /// <value>Default: false.</value>
    public bool TopLevelOnly { get; init; }

    /// <summary>Only runs that are directly part of this one.</summary>
    /// <value>Default: null, any.</value>
    public string? ParentRunId { get; init; }

    /// <summary>Deleted runs, too.</summary>
    /// <value>Default: false.</value>
    public bool IncludeDeleted { get; init; }
}
