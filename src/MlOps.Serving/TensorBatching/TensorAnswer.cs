namespace MlOps.Serving;

/// <summary>How a request in tensors ended.</summary>
/// <param name="Status">How.</param>
/// <param name="Outputs">The outputs when it ended well.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="Wait">For a refusal the ticks to wait.</param>
internal readonly record struct TensorAnswer(
    PredictionStatus Status, IReadOnlyDictionary<string, ModelValue>? Outputs = null, Exception? Error = null, long Wait = 0);
