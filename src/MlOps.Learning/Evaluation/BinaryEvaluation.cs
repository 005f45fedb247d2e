namespace MlOps.Learning;

/// <summary>How good the probabilities of a binary classifier are on one set of rows.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Positives">The rows whose label is 1.</param>
/// <param name="Auc">The area under the ROC curve, with DeLong's interval.</param>
/// <param name="AveragePrecision">The area under the precision-recall curve, as the step-wise sum (no interpolation).</param>
/// <param name="LogLoss">The mean negative log-likelihood, in nats.</param>
/// <param name="BrierScore">The mean squared difference of probability and label.</param>
/// <param name="ExpectedCalibrationError">The mean distance of predicted and observed rate over the calibration bins, weighted by rows.</param>
/// <param name="Threshold">The threshold of <paramref name="Confusion"/>.</param>
/// <param name="Confusion">Decisions at the threshold, with accuracy, precision, recall and F1.</param>
/// <param name="RocCurve">The ROC curve, thinned.</param>
/// <param name="Calibration">The calibration curve.</param>
public sealed record BinaryEvaluation(
    long Rows,
    long Positives,
    ConfidenceInterval Auc,
    double AveragePrecision,
    double LogLoss,
    double BrierScore,
    double ExpectedCalibrationError,
    double Threshold,
    ConfusionMatrix Confusion,
    IReadOnlyList<RocPoint> RocCurve,
    IReadOnlyList<CalibrationBin> Calibration);
