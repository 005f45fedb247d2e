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

    /// <summary>
    /// Online reads as of this moment or later are exact: they equal the offline join as known then. Null while all are.
    /// It follows the newest availability at a distance of <see cref="FeatureStoreOptions.ReadLag"/> (see <see cref="FeatureStoreOptions.SettlingRows"/>).
    /// </summary>
    public Timestamp? ExactFrom { get; init; }

    /// <summary>
    /// Online reads since the process opened the view that asked for a moment before <see cref="ExactFrom"/>: their windows may end at a tile's edge and
    /// may hold what became known after that moment. When this grows, read closer to the present or raise <see cref="FeatureStoreOptions.ReadLag"/>.
    /// </summary>
    public required long CoarseReads { get; init; }

    /// <summary>Rows that arrived online too late to matter to any window.</summary>
    public required long ExpiredRows { get; init; }

    /// <summary>
    /// Rows of an upsert view that may replace one known before <see cref="ExactFrom"/>, which is not kept by itself any more: windows left them out, and may
    /// differ from the offline store until the view is rebuilt.
    /// </summary>
    public long UnreplaceableRows { get; init; }

    /// <summary>What the online entries take of <see cref="FeatureStoreOptions.OnlineMemoryBytes"/>, in bytes.</summary>
    public long OnlineLiveBytes { get; init; }

    /// <summary>Entities dropped because every window and time to live had left them behind: their answers did not change.</summary>
    public long DroppedEntities { get; init; }

    /// <summary>Entities evicted at the memory bound.</summary>
    public long EvictedEntities { get; init; }

    /// <summary>Rows refused at the memory bound since the process opened the view.</summary>
    public long RefusedRows { get; init; }
}
