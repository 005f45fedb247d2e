namespace MlOps;

/// <summary>An environment of that name is not declared; the message lists the declared ones.</summary>
/// <param name="message">What is wrong, the value seen, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class UnknownEnvironmentException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
