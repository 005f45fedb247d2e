namespace MlOps.Features;

/// <summary>How a feature store behaves.</summary>
public sealed class FeatureStoreOptions
{
    /// <summary>
    /// How far behind the newest availability the moment of an online read may lie and still be answered exactly: as the offline join answers it with
    /// what was known then, whatever was pushed since. Older state is kept in tiles: a read further back is answered from them, without an error, and
    /// counted in <see cref="FeatureViewStatus.CoarseReads"/>. A longer lag keeps more rows in memory one by one.
    /// </summary>
    /// <value>One hour by default.</value>
    public TimeSpan ReadLag { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How far ahead of the clock a pushed row may claim to be known; further ahead it is refused. A row within it is seen by reads as of its availability or later.</summary>
    /// <value>One day by default.</value>
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How much of what failed its checks is kept.</summary>
    public QuarantineOptions Quarantine { get; } = new();

    /// <summary>
    /// How many rows must be known at or after a moment, which the clock must have passed too, before it counts as the newest availability that
    /// <see cref="ReadLag"/> is measured from. So fewer rows with wrong times far ahead do not make the rest look old; neither do any number ahead of the clock.
    /// </summary>
    /// <value>16 by default; 1 follows every single row.</value>
    public int SettlingRows { get; set; } = 16;

    /// <summary>How long an online log may grow before a snapshot cuts it.</summary>
    /// <value>64 MiB by default.</value>
    public long SnapshotLogBytes { get; set; } = 64L << 20;

    /// <summary>
    /// How many bytes the online state of a view may take: blocks, sketches, texts, keys and headers. Entities that can matter to no read any more are
    /// dropped first; then <see cref="OnlineMemoryPolicy"/> says what happens.
    /// </summary>
    /// <value><see cref="long.MaxValue"/> by default: as much as it needs.</value>
    public long OnlineMemoryBytes { get; set; } = long.MaxValue;

    /// <summary>What happens at the memory bound.</summary>
    /// <value><see cref="OnlineMemoryPolicy.Refuse"/> by default.</value>
    public OnlineMemoryPolicy OnlineMemoryPolicy { get; set; }

    /// <summary>After how many rows a materialisation makes durable what it has done, so that a crash or a cancellation loses little.</summary>
    /// <value>20,000,000 by default.</value>
    public long MaterializeCommitRows { get; set; } = 20_000_000;

    /// <summary>How many segments a view may have before neighbours are merged in the background.</summary>
    /// <value>64 by default; at least 4.</value>
    public int MaxSegments { get; set; } = 64;

    /// <summary>How many rows of a batch are sorted in memory at a time, which takes some 50 bytes each; a larger batch becomes several segments, committed together.</summary>
    /// <value>16,777,216 by default.</value>
    public int RunRows { get; set; } = 1 << 24;

    /// <summary>
    /// How far back the offline store can be read as it stood (<see cref="TrainingFrameOptions.StoreAsOf"/>). Merges keep rows that were replaced or went
    /// beyond retention since; older moments are refused once a merge has dropped something that they would show. Erased rows are gone at every moment.
    /// </summary>
    /// <value>30 days by default.</value>
    public TimeSpan TimeTravelHorizon { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long a batch may be under way before its file counts as left behind by a crash.</summary>
    /// <value>15 minutes by default.</value>
    public TimeSpan OrphanAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Which served vectors are logged and compared with history later.</summary>
    /// <value>Logging is off by default.</value>
    public SkewAuditOptions SkewAudit { get; set; } = new();
}
