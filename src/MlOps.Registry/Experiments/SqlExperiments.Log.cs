using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

internal sealed partial class SqlExperiments
{
    [LoggerMessage(2102, LogLevel.Warning, "Marked {Count} runs of {Environment} as lost: no heartbeat for {Lease}")]
    private static partial void LogLost(ILogger logger, int count, string environment, TimeSpan lease);

    [LoggerMessage(2104, LogLevel.Warning, "Runs of {Environment} without heartbeat could not be marked as lost; they are with the next read")]
    private static partial void LogNotMarked(ILogger logger, string environment, Exception error);

    [LoggerMessage(2105, LogLevel.Information, "Removed {Count} deleted runs of {Environment} for good")]
    private static partial void LogPurged(ILogger logger, int count, string environment);
}
