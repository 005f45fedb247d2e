namespace MlOps.Artifacts;

/// <summary>Limits of an artifact store on files.</summary>
public sealed record FileArtifactOptions
{
    /// <summary>The largest blob accepted, in bytes; a larger one is refused while it is read.</summary>
    /// <value>Default 64 GiB.</value>
    public long MaximumBlobBytes { get; init; } = 64L << 30;

    /// <summary>Temporary files that nobody has written to for so long are removed when the store opens.</summary>
    /// <value>Default 1 hour.</value>
    public TimeSpan OrphanAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Resumable uploads that nobody has added to for so long are removed when the store opens and by collection.</summary>
    /// <value>Default 1 day.</value>
    public TimeSpan UploadAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Blobs longer than this are stored in chunks that similar blobs share; up to it, a blob is one file.</summary>
    /// <value>Default 4 MiB.</value>
    public int ChunkThresholdBytes { get; init; } = 4 << 20;

    /// <summary>The most bytes that the store may take on the disk (see <see cref="ArtifactUsage.StoredBytes"/>); null for no limit.</summary>
    /// <value>Default none.</value>
    public long? QuotaBytes { get; init; }

    /// <summary>What the local copies of chunked blobs may take; older ones go first, those asked for within <see cref="OrphanAge"/> stay.</summary>
    /// <value>Default 16 GiB.</value>
    public long LocalCopyBytes { get; init; } = 16L << 30;

    /// <summary>The average length of a chunk, a power of two. Stores opened with different values work, but share less.</summary>
    /// <value>Default 64 KiB.</value>
    internal int AverageChunkBytes { get; init; } = 64 << 10;
}
