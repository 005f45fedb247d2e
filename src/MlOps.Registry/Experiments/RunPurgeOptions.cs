namespace MlOps.Registry;

/// <summary>Which deleted runs are removed for good.</summary>
public sealed record RunPurgeOptions
{
    /// <summary>Only runs that were deleted at least so long ago.</summary>
    /// <value>Default: 30 days.</value>
    public TimeSpan DeletedFor { get; init; } = TimeSpan.FromDays(30);

    /// <summary>At most so many in one call, the longest deleted first.</summary>
    /// <value>Default: 10,000.</value>
    public int Limit { get; init; } = 10_000;

    /// <summary>Only says what would be removed.</summary>
    /// <value>Default: false.</value>
    public bool DryRun { get; init; }
}
