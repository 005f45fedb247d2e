namespace MlOps.Artifacts;

/// <summary>Opens artifact stores on the file system.</summary>
public static class FileArtifactStore
{
    /// <summary>Opens a store, creating its directories when they are absent.</summary>
    /// <param name="files">The durable file layer.</param>
    /// <param name="directory">The store's directory; nothing else may write there.</param>
    /// <param name="clock">The clock for the age of orphans; null for the system's.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <returns>The store.</returns>
    /// <exception cref="StorageException">The directory cannot be written.</exception>
    public static IArtifactStore Open(IFileSystem files, string directory, TimeProvider? clock = null, FileArtifactOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new FileArtifactOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumBlobBytes, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.ChunkThresholdBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ChunkThresholdBytes, 64 << 20);
        ArgumentOutOfRangeException.ThrowIfNegative(options.LocalCopyBytes);
        if (options.QuotaBytes is { } quota)
            ArgumentOutOfRangeException.ThrowIfNegative(quota);
        return new FileArtifactEngine(files, Path.GetFullPath(directory), clock ?? TimeProvider.System, options);
    }
}
