using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

internal sealed partial class Endpoint
{
    [LoggerMessage(4001, LogLevel.Information, "Endpoint '{Endpoint}' loaded {Version} ({Bytes} bytes)")]
    private static partial void LogLoaded(ILogger logger, string endpoint, string version, long bytes);

    [LoggerMessage(4002, LogLevel.Information, "Endpoint '{Endpoint}' follows traffic revision {Revision}: {Reason}")]
    private static partial void LogTraffic(ILogger logger, string endpoint, long revision, string reason);

    [LoggerMessage(4003, LogLevel.Error, "Endpoint '{Endpoint}' cannot follow its newest traffic and goes on with what it serves")]
    private static partial void LogRefreshFailed(ILogger logger, string endpoint, Exception exception);
}
