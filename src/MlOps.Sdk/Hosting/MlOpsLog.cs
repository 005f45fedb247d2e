using Microsoft.Extensions.Logging;

namespace MlOps;

internal static partial class MlOpsLog
{
    [LoggerMessage(EventId = 1090, Level = LogLevel.Information, Message = "MlOps started with environments {Environments} and roles {Roles}")]
    public static partial void Started(ILogger logger, string environments, MlOpsRoles roles);

    [LoggerMessage(EventId = 1091, Level = LogLevel.Error, Message = "The {Role} loop of environment {Environment} failed and starts again in {Delay}")]
    public static partial void LoopFailed(ILogger logger, string role, string environment, TimeSpan delay, Exception error);

    [LoggerMessage(EventId = 1092, Level = LogLevel.Information, Message = "Collected {Blobs} unreferenced blobs, {Bytes} bytes, of environment {Environment}")]
    public static partial void Collected(ILogger logger, int blobs, long bytes, string environment);
}
