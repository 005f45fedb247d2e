namespace MlOps.Features;

/// <summary>How far an ingestion is.</summary>
/// <param name="View">The view that is filled.</param>
/// <param name="Source">Where the rows come from.</param>
/// <param name="Rows">Rows read so far, those found in the store already included.</param>
/// <param name="Bytes">Bytes read so far: of the file where there is one, else the size of the columns.</param>
/// <param name="Batches">Batches committed or found.</param>
/// <param name="BatchesPresent">Those of them that an earlier ingestion had committed.</param>
/// <param name="RowsPerSecond">Rows by the time since the beginning.</param>
public readonly record struct IngestProgress(string View, string Source, long Rows, long Bytes, int Batches, int BatchesPresent, double RowsPerSecond);
