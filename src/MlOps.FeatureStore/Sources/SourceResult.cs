namespace MlOps.Features;

/// <summary>What became of a source's rows.</summary>
/// <param name="Rows">Rows that were added.</param>
/// <param name="RowsPresent">Rows that an earlier ingestion had added already.</param>
/// <param name="Batches">Batches that were committed.</param>
/// <param name="BatchesPresent">Batches that had been committed already.</param>
public readonly record struct SourceResult(long Rows, long RowsPresent, int Batches, int BatchesPresent)
{
    internal SourceResult Plus(SourceResult other) =>
        new(Rows + other.Rows, RowsPresent + other.RowsPresent, Batches + other.Batches, BatchesPresent + other.BatchesPresent);
}
