namespace MlOps;

/// <summary>A model version lacks the signatures that its environment requires. Nothing was promoted or loaded; what serves goes on.</summary>
/// <param name="message">Which signature is missing or why each one is refused, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class UntrustedModelException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
