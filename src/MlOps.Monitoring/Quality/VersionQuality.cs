namespace MlOps.Monitoring;

/// <summary>How well one model version predicted, over the predictions whose outcome is known. The task is binary.</summary>
/// <param name="Version">The version, <c>model:version</c>.</param>
/// <param name="Variant">The variant of the traffic policy.</param>
/// <param name="Rows">Predictions with an outcome.</param>
/// <param name="Waiting">Predictions without one yet.</param>
/// <param name="PositiveRate">The share of outcomes that are 1.</param>
/// <param name="Auc">Area under the ROC curve; NaN when only one class occurred.</param>
/// <param name="LogLoss">Mean logarithmic loss, natural logarithm, scores clipped to 1e-7 from 0 and 1.</param>
/// <param name="Brier">Mean squared difference of score and outcome.</param>
/// <param name="BrierStandardError">The standard error of <paramref name="Brier"/>.</param>
public sealed record VersionQuality(
    string Version, string Variant, int Rows, int Waiting, double PositiveRate, double Auc, double LogLoss, double Brier, double BrierStandardError);
