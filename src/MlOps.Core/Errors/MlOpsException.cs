namespace MlOps;

/// <summary>The base of every error that MlOps.Sdk raises on purpose. Messages name the field, the value seen and the remedy.</summary>
public abstract class MlOpsException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is wrong, the value seen, and what to do.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    protected MlOpsException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
