namespace MlOps.Features;

/// <summary>How a <see cref="FeatureChannel"/> behaves.</summary>
public sealed record FeatureChannelOptions
{
    /// <summary>Partitions, named 0, 1 and so on. With a log, keep their number.</summary>
    /// <value>One by default.</value>
    public int Partitions { get; init; } = 1;

    /// <summary>Rows of a partition that may wait unread in memory; then writers wait. Without a log.</summary>
    /// <value>262,144 by default.</value>
    public int Capacity { get; init; } = 1 << 18;

    /// <summary>A folder for a durable log of the rows, from which any number of jobs read, also after a restart. One process writes it.</summary>
    /// <value>Null by default: rows are in memory only, and one job reads them.</value>
    public string? LogFolder { get; init; }

    /// <summary>When a file of the log is full.</summary>
    /// <value>64 MiB by default.</value>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>How large a partition's log may become; older files go first, but none that a job has still to take.</summary>
    /// <value>1 GiB by default.</value>
    public long RetainBytes { get; init; } = 1L << 30;

    /// <summary>How long full files of the log are kept; longer while a job has still to take them.</summary>
    /// <value>Seven days by default.</value>
    public TimeSpan RetainFor { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The file layer.</summary>
    /// <value>The disk by default.</value>
    public IFileSystem Files { get; init; } = new Files.PhysicalFileSystem();

    /// <summary>The clock by which files grow old.</summary>
    /// <value>The system's by default.</value>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
