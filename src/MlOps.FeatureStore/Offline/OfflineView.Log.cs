using Microsoft.Extensions.Logging;

namespace MlOps.Features;

internal sealed partial class OfflineView
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Information, Message = "Ingested {Rows} rows of batch {Batch} into {View}")]
    private static partial void LogIngested(ILogger logger, int rows, string batch, string view);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Information, Message = "Removed {Path}, which an interrupted ingestion left behind")]
    private static partial void LogSwept(ILogger logger, string path);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Information, Message = "Merged {Segments} segments of {View} into one of {Rows} rows")]
    private static partial void LogMerged(ILogger logger, int segments, string view, int rows);
}
