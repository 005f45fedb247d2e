namespace MlOps.Features;

/// <summary>How the logging of served vectors stands since the process began.</summary>
/// <param name="IsEnabled">Whether vectors are logged.</param>
/// <param name="Logged">Vectors taken.</param>
/// <param name="Written">Vectors that are durable.</param>
/// <param name="Dropped">Vectors that found the buffer full.</param>
/// <param name="Failed">Vectors that could not be written; the log of the process names the error.</param>
public readonly record struct SkewLogStatus(bool IsEnabled, long Logged, long Written, long Dropped, long Failed);
