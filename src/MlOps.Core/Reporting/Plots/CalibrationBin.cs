namespace MlOps.Reporting;

/// <summary>A bin of predictions.</summary>
/// <param name="Predicted">Their mean, 0 to 1.</param>
/// <param name="Observed">The share that came true, 0 to 1.</param>
/// <param name="Count">How many there are.</param>
public sealed record CalibrationBin(double Predicted, double Observed, long Count);
