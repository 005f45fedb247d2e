using Microsoft.Extensions.Logging;

namespace MlOps.Features;

internal sealed partial class StreamRun
{
    [LoggerMessage(EventId = 3061, Level = LogLevel.Information, Message = "Stream job {Job} feeds {View} from {Partitions} partition(s)")]
    private static partial void LogStarted(ILogger logger, string job, string view, int partitions);

    [LoggerMessage(EventId = 3062, Level = LogLevel.Information, Message = "Stream job {Job} stopped after {Rows} rows")]
    private static partial void LogStopped(ILogger logger, string job, long rows);

    [LoggerMessage(EventId = 3063, Level = LogLevel.Error, Message = "Stream job {Job} failed")]
    private static partial void LogFailed(ILogger logger, string job, Exception error);
}
