namespace MlOps;

/// <summary>A model failed on this request's input, also when run alone; requests that shared its batch are not affected.</summary>
/// <param name="message">Which model version and what it reported.</param>
/// <param name="innerException">The runtime's error.</param>
public sealed class PredictionFailedException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
