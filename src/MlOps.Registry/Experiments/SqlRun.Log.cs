using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

internal sealed partial class SqlRun
{
    [LoggerMessage(2101, LogLevel.Warning, "What run {RunId} logged could not be written; it is kept and tried again")]
    private static partial void LogWriteFailed(ILogger logger, string runId, Exception error);

    [LoggerMessage(2103, LogLevel.Warning, "Run {RunId} was resumed elsewhere; what this process had not written is dropped")]
    private static partial void LogTakenOver(ILogger logger, string runId);
}
