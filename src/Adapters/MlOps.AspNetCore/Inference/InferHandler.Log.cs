using Microsoft.Extensions.Logging;

namespace MlOps.AspNetCore;

internal sealed partial class InferHandler
{
    [LoggerMessage(8240, LogLevel.Error, "A request to '{Model}' in environment '{Environment}' failed")]
    private static partial void LogFailed(ILogger logger, string model, string environment, Exception exception);

    [LoggerMessage(8241, LogLevel.Debug, "A request to '{Model}' in environment '{Environment}' was refused with {Status}: {Reason}")]
    private static partial void LogRefused(ILogger logger, string model, string environment, int status, string reason);
}
