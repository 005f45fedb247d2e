namespace MlOps;

/// <summary>The caller lacks the role that this operation asks for.</summary>
/// <param name="message">What is wrong, the value seen, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class AccessDeniedException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
