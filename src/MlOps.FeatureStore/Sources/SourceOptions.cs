namespace MlOps.Features;

/// <summary>How a source is ingested.</summary>
public sealed record SourceOptions
{
    /// <summary>Rows of a batch: what is in memory at a time, and what is committed together. Keep it when an ingestion is resumed.</summary>
    /// <value>262,144 by default; 1 to 16,777,216.</value>
    public int RowsPerBatch { get; init; } = 1 << 18;

    /// <summary>Whether a moment without a time zone counts as UTC; otherwise it is refused.</summary>
    /// <value>False by default.</value>
    public bool AssumeUtc { get; init; }

    /// <summary>
    /// Reads and checks the whole source before the first batch is committed, so that a mistake on the last line leaves nothing behind.
    /// For files and rows in memory, which can be read twice.
    /// </summary>
    /// <value>False by default: each batch is checked whole before it is committed, and those before a mistake stay.</value>
    public bool CheckFirst { get; init; }

    /// <summary>Is told after each batch.</summary>
    /// <value>Null by default.</value>
    public IProgress<IngestProgress>? Progress { get; init; }
}
