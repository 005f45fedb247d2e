namespace MlOps.Monitoring;

/// <summary>A prediction as logged, with its outcome where one is known.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Version">The model version that answered, <c>model:version</c>.</param>
/// <param name="Variant">The variant of the traffic policy.</param>
/// <param name="Key">The key of the assignment.</param>
/// <param name="Time">The moment of the request.</param>
/// <param name="Score">The score.</param>
/// <param name="Features">The model's input row.</param>
/// <param name="Outcome">The true value, or null while it is not known.</param>
public sealed record LoggedPrediction(
    PredictionId Id, string Version, string Variant, string Key, Timestamp Time, float Score, ReadOnlyMemory<float> Features, double? Outcome);
