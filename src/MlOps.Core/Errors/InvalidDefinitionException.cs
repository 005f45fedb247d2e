namespace MlOps;

/// <summary>A definition (feature view, pipeline, endpoint, model signature, option) is wrong. Raised before anything has been changed.</summary>
/// <param name="message">What is wrong, the value seen, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class InvalidDefinitionException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
