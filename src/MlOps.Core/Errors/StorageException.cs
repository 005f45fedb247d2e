namespace MlOps;

/// <summary>The file system or database refused an operation; nothing was acknowledged.</summary>
/// <param name="message">What is wrong, the value seen, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class StorageException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
