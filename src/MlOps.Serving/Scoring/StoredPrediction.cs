namespace MlOps.Serving;

/// <summary>A prediction that was looked up.</summary>
/// <param name="Key">The key asked for.</param>
/// <param name="Scores">The model's output row.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="Version">The model version; null when it was not stored.</param>
/// <param name="ScoredAt">When it was computed; null when it was not stored.</param>
public sealed record StoredPrediction(string Key, IReadOnlyList<float> Scores, PredictionSource Source, ModelVersionRef? Version = null, Timestamp? ScoredAt = null);
