namespace MlOps.Features;

/// <summary>How a view stands in its stores.</summary>
public sealed record FeatureViewStatus
{
    /// <summary>The view.</summary>
    public required string View { get; init; }

    /// <summary>Its version.</summary>
    public required int Version { get; init; }

    /// <summary>Its definition's hash.</summary>
    public required string Hash { get; init; }

    /// <summary>Rows in the offline store.</summary>
    public required long OfflineRows { get; init; }

    /// <summary>Segments of the offline store.</summary>
    public required int Segments { get; init; }

    /// <summary>The earliest event time offline; null without rows.</summary>
    public Timestamp? FirstEvent { get; init; }

    /// <summary>The latest event time offline; null without rows.</summary>
    public Timestamp? LastEvent { get; init; }

    /// <summary>Entities in the online store.</summary>
    public required int OnlineEntities { get; init; }

    /// <summary>Memory of the online entries in bytes.</summary>
    public required long OnlineBytes { get; init; }

    /// <summary>History known up to here was materialised; null before the first time.</summary>
    public Timestamp? MaterializedUpTo { get; init; }

    /// <summary>The newest availability online; null when nothing is.</summary>
    public Timestamp? OnlineUpTo { get; init; }

    /// <summary>Rows that arrived online too late to matter to any window.</summary>
    public required long ExpiredRows { get; init; }
}
