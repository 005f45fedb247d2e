namespace MlOps.Features;

/// <summary>What became of a batch.</summary>
/// <param name="Rows">Rows of the batch in the store.</param>
/// <param name="WasPresent">Whether the batch key had been ingested before, so that nothing was done.</param>
public readonly record struct IngestResult(long Rows, bool WasPresent);
