namespace MlOps.Features;

/// <summary>How a feature store behaves.</summary>
public sealed class FeatureStoreOptions
{
    /// <summary>How far behind the newest availability an online read may lie and still be exact to the microsecond; older state is kept in tiles.</summary>
    /// <value>One hour by default.</value>
    public TimeSpan ReadLag { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How far ahead of the clock a pushed row may claim to be known; further ahead it is refused, since it would make everything else look old.</summary>
    /// <value>One day by default.</value>
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long an online log may grow before a snapshot cuts it.</summary>
    /// <value>64 MiB by default.</value>
    public long SnapshotLogBytes { get; set; } = 64L << 20;

    /// <summary>How many segments a view may have before neighbours are merged.</summary>
    /// <value>64 by default; at least 4.</value>
    public int MaxSegments { get; set; } = 64;

    /// <summary>How long a batch may be under way before its file counts as left behind by a crash.</summary>
    /// <value>15 minutes by default.</value>
    public TimeSpan OrphanAge { get; set; } = TimeSpan.FromMinutes(15);
}
