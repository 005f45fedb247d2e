namespace MlOps;

/// <summary>A named thing (run, artifact, feature view, endpoint, pipeline) does not exist; the message lists the nearest names.</summary>
/// <param name="message">What is wrong, the value seen, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class NotFoundException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
