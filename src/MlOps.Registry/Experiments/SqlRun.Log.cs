using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

internal sealed partial class SqlRun
{
    [LoggerMessage(2101, LogLevel.Warning, "What run {RunId} logged could not be written; it is kept and tried again")]
    private static partial void LogWriteFailed(ILogger logger, string runId, Exception error);
}
