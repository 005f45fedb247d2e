namespace MlOps;

/// <summary>A request or a batch carries a value that is not allowed. Raised before anything has been changed, and for this caller only.</summary>
/// <param name="message">What is wrong, the value seen, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class InvalidInputException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
