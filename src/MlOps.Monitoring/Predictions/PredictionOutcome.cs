namespace MlOps.Monitoring;

/// <summary>What turned out to be true for a prediction. It may arrive long after, or even before, the prediction is written.</summary>
/// <param name="Prediction">The prediction's identity.</param>
/// <param name="Value">The true value; 0 or 1 for a binary task.</param>
/// <param name="Time">When it became known.</param>
public readonly record struct PredictionOutcome(PredictionId Prediction, double Value, Timestamp Time);
