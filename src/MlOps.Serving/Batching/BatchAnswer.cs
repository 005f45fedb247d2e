namespace MlOps.Serving;

/// <summary>How a row ended; its scores are in the caller's memory when it ended well.</summary>
/// <param name="Status">How.</param>
/// <param name="Error">The runtime's error when it failed.</param>
/// <param name="Detail">For invalid input the position of the offending feature or the length; for a refusal the ticks to wait.</param>
internal readonly record struct BatchAnswer(PredictionStatus Status, Exception? Error = null, long Detail = 0);
