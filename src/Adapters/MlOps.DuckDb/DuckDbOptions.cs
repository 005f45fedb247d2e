namespace MlOps.DuckDb;

/// <summary>How a <see cref="DuckDbLake"/> opens DuckDB.</summary>
public sealed record DuckDbOptions
{
    /// <summary>A DuckDB database file, or null for one in memory.</summary>
    /// <value>Default: null.</value>
    public string? DatabasePath { get; init; }

    /// <summary>Whether the database file is opened for reading only. Ignored in memory.</summary>
    /// <value>Default: false.</value>
    public bool ReadOnly { get; init; }

    /// <summary>Threads that DuckDB may use.</summary>
    /// <value>Default: null, one per core.</value>
    public int? Threads { get; init; }

    /// <summary>Memory that DuckDB may use, in bytes; above it, it spills to <see cref="TemporaryDirectory"/> or refuses.</summary>
    /// <value>Default: null, 80 % of the machine's.</value>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>Where DuckDB spills what does not fit in memory.</summary>
    /// <value>Default: null, DuckDB's own choice.</value>
    public string? TemporaryDirectory { get; init; }

    /// <summary>
    /// The only files and directories (with all below them) that queries may touch; everything else, attaching databases included, is refused
    /// (DuckDB's enable_external_access=false). Use it where the SQL text is not yours.
    /// </summary>
    /// <value>Default: null, every local file. The network is out of reach in either case: extensions are neither installed nor loaded.</value>
    public IReadOnlyList<string>? AllowedPaths { get; init; }

    /// <summary>Rows in a streamed batch, at least; the last one may be smaller.</summary>
    /// <value>Default: 65,536.</value>
    public int BatchRows { get; init; } = 65_536;

    /// <summary>Whether rows come back in the order of the file where the query sets none; without it large scans may take less memory.</summary>
    /// <value>Default: true.</value>
    public bool PreserveOrder { get; init; } = true;
}
