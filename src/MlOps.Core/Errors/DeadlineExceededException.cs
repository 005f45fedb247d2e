namespace MlOps;

/// <summary>A request's deadline passed before its work began; nothing was computed for it.</summary>
/// <param name="message">What was asked, its deadline, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class DeadlineExceededException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
