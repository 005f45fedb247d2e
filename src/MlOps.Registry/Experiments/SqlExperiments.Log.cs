using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

internal sealed partial class SqlExperiments
{
    [LoggerMessage(2102, LogLevel.Warning, "Marked {Count} runs of {Environment} as lost: no heartbeat for {Lease}")]
    private static partial void LogLost(ILogger logger, int count, string environment, TimeSpan lease);
}
