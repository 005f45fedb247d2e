namespace MlOps;

/// <summary>A bounded queue is full; the request was refused before any work was done on it.</summary>
/// <param name="message">Which queue, its bound, and what to do.</param>
/// <param name="retryAfter">When a retry is likely to be admitted.</param>
public sealed class OverloadedException(string message, TimeSpan retryAfter) : MlOpsException(message)
{
    /// <summary>When a retry is likely to be admitted.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
