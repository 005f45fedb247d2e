namespace MlOps.Serving;

/// <summary>What a scoring did.</summary>
/// <param name="Version">The model version that scored.</param>
/// <param name="Rows">Rows read, those of former attempts included.</param>
/// <param name="Failed">Rows of this attempt without a prediction: features missing or infinite, or the model failed on them.</param>
/// <param name="Resumed">Rows that a former attempt had done.</param>
/// <param name="FirstError">Why the first of the failed rows failed; null when none did.</param>
public sealed record BatchScoringResult(ModelVersionRef Version, long Rows, long Failed, long Resumed, string? FirstError);
