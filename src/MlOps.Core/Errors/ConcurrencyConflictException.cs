namespace MlOps;

/// <summary>Somebody else changed the same thing first. Read again and decide anew.</summary>
/// <param name="message">What is wrong, the value seen, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class ConcurrencyConflictException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
