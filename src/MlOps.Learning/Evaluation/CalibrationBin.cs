namespace MlOps.Learning;

/// <summary>Rows whose probabilities lie together, for a calibration curve.</summary>
/// <param name="Lower">The bin's lower edge; a probability equal to it belongs to the bin before (except 0).</param>
/// <param name="Upper">The bin's upper edge, included.</param>
/// <param name="Rows">The rows in the bin; empty bins are left out of a curve.</param>
/// <param name="MeanProbability">Their mean predicted probability.</param>
/// <param name="PositiveRate">The share of them that is positive.</param>
public readonly record struct CalibrationBin(double Lower, double Upper, long Rows, double MeanProbability, double PositiveRate);
