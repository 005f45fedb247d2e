namespace MlOps.Serving;

/// <summary>What a batching rule decides on.</summary>
/// <param name="WaitingRows">Rows that wait, at least one.</param>
/// <param name="OldestWait">How long the oldest of them has waited.</param>
/// <param name="MaximumRows">The most rows of a batch.</param>
/// <param name="RunningBatches">Batches that are running now.</param>
/// <param name="Curve">What batches cost; null when it was not measured.</param>
public readonly record struct BatchSituation(int WaitingRows, TimeSpan OldestWait, int MaximumRows, int RunningBatches, BatchCurve? Curve);
