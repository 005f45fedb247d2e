namespace MlOps.Learning;

/// <summary>A point of the ROC curve: what happens when rows that score at least the threshold are called positive.</summary>
/// <param name="Threshold">The threshold; infinite at the first point, where nothing is called positive.</param>
/// <param name="FalsePositiveRate">The share of negatives called positive.</param>
/// <param name="TruePositiveRate">The share of positives called positive.</param>
public readonly record struct RocPoint(double Threshold, double FalsePositiveRate, double TruePositiveRate);
