using Microsoft.Extensions.Logging;

namespace MlOps.Features;

internal sealed partial class OfflineView
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Information, Message = "Ingested {Rows} rows of batch {Batch} into {View}")]
    private static partial void LogIngested(ILogger logger, int rows, string batch, string view);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Information, Message = "Removed {Path}, which an interrupted ingestion left behind")]
    private static partial void LogSwept(ILogger logger, string path);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Information, Message = "Merged {Segments} segments of {View} into one of {Rows} rows")]
    private static partial void LogMerged(ILogger logger, int segments, string view, long rows);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Error, Message = "Merging segments of {View} failed; reads are not affected, the next ingestion tries again")]
    private static partial void LogCompactionFailed(ILogger logger, Exception error, string view);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Information, Message = "Dropped {Segments} segments of {View} with {Rows} rows, all beyond retention")]
    private static partial void LogExpired(ILogger logger, int segments, string view, long rows);

    [LoggerMessage(EventId = 3006, Level = LogLevel.Information, Message = "Erased an entity of {View} from its segments")]
    private static partial void LogErased(ILogger logger, string view);
}
