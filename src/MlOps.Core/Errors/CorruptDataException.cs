namespace MlOps;

/// <summary>Stored bytes are not what was written: a checksum, digest or format check failed. The message names the file.</summary>
/// <param name="message">What is wrong, the value seen, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class CorruptDataException(string message, Exception? innerException = null) : MlOpsException(message, innerException);
