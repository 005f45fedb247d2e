namespace MlOps.Metadata;

/// <summary>Opens SQLite metadata stores: one file per environment, several threads and processes at once.</summary>
public static class SqliteMetadataStore
{
    /// <summary>The version of the store's own tables that this library writes.</summary>
    public const int FormatVersion = 1;

    /// <summary>Opens a store, creating and stamping it when the file is absent.</summary>
    /// <param name="path">The database file; its directory must exist.</param>
    /// <param name="environmentName">The environment that the store belongs to.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <returns>The store; dispose it to finish waiting writes and close the file.</returns>
    /// <exception cref="EnvironmentIsolationException">The store belongs to another environment.</exception>
    /// <exception cref="InvalidDefinitionException">The file is another application's, or a newer version of the library wrote it.</exception>
    /// <exception cref="CorruptDataException">The file is damaged or no database.</exception>
    /// <exception cref="StorageException">The file cannot be opened or written.</exception>
    public static IMetadataStore Open(string path, string environmentName, SqliteMetadataOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new SqliteMetadataOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBatch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.IdleReaders);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.LockTimeout, TimeSpan.Zero);
        return new SqliteMetadataEngine(Path.GetFullPath(path), EnvironmentNames.Normalise(environmentName), options);
    }
}
