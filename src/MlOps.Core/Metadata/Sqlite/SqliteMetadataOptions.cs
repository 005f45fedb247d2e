using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MlOps.Metadata;

/// <summary>How a SQLite metadata store works.</summary>
public sealed record SqliteMetadataOptions
{
    /// <summary>Writes that may wait; further ones are refused with <see cref="OverloadedException"/>.</summary>
    /// <value>Default 10,000.</value>
    public int QueueCapacity { get; init; } = 10_000;

    /// <summary>Writes that share one commit at most.</summary>
    /// <value>Default 256.</value>
    public int MaxBatch { get; init; } = 256;

    /// <summary>Read connections kept open while idle; more are opened when more reads run at once.</summary>
    /// <value>Default 4.</value>
    public int IdleReaders { get; init; } = 4;

    /// <summary>Pages that each read connection may keep in memory, in bytes; taken as they are read.</summary>
    /// <value>Default 32 MiB.</value>
    public int ReadCacheBytes { get; init; } = 32 << 20;

    /// <summary>How long another process may hold the write lock before waiting writes fail with <see cref="StorageException"/>.</summary>
    /// <value>Default 60 s.</value>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Areas whose tables are brought up to date while the store opens, so that they are there for every write.</summary>
    /// <value>Default none: <see cref="MetadataArea"/> does it at first use.</value>
    public IReadOnlyList<MetadataSchema> Areas { get; init; } = [];

    /// <summary>The clock for the store's creation time.</summary>
    /// <value>Default <see cref="TimeProvider.System"/>.</value>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Makes the store's logger.</summary>
    /// <value>Default none.</value>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
