namespace MlOps;

/// <summary>Something tried to use one environment's store under the name of another.</summary>
/// <param name="message">What is wrong, the value seen, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class EnvironmentIsolationException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
