namespace MlOps.Features;

/// <summary>How fresh a view is.</summary>
public sealed record FeatureFreshness
{
    /// <summary>The newest event time in the offline store; null without rows.</summary>
    public Timestamp? LastEvent { get; init; }

    /// <summary>When the last batch was ingested.</summary>
    public Timestamp? LastIngested { get; init; }

    /// <summary>When history was last brought online.</summary>
    public Timestamp? LastMaterialized { get; init; }

    /// <summary>The newest availability online, where this process has the online state open.</summary>
    public Timestamp? OnlineUpTo { get; init; }

    /// <summary>Rows in the offline store.</summary>
    public required long Rows { get; init; }

    /// <summary>The time since the newest of <see cref="LastEvent"/> and <see cref="OnlineUpTo"/>; null without rows.</summary>
    public TimeSpan? Lag { get; init; }

    /// <summary>How old the newest row may be.</summary>
    public TimeSpan? Expected { get; init; }

    /// <summary>Whether a freshness is expected and the lag is longer, or there is no row at all.</summary>
    public bool IsStale => Expected is { } expected && (Lag is not { } lag || lag > expected);
}
