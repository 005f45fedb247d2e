using Microsoft.Extensions.Logging;

namespace MlOps.Monitoring;

internal static partial class MonitoringLog
{
    [LoggerMessage(EventId = 6001, Level = LogLevel.Warning, Message = "The prediction log of endpoint {Endpoint} is full ({Capacity} rows wait): predictions are answered but not logged")]
    public static partial void Dropping(ILogger logger, string endpoint, int capacity);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Error, Message = "{Rows} predictions could not be logged")]
    public static partial void WriteFailed(ILogger logger, int rows, Exception error);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Warning, Message = "Endpoint {Endpoint}: {Drifted} of {Columns} columns drifted over {Rows} predictions")]
    public static partial void Drifted(ILogger logger, string endpoint, int drifted, int columns, int rows);
}
