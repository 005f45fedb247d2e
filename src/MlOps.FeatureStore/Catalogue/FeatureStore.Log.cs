using Microsoft.Extensions.Logging;

namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning, Message = "'{Caller}' was denied {What} in environment '{Environment}' by its sharing settings")]
    private static partial void LogDenied(ILogger logger, string caller, string what, string environment);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Warning, Message = "Feature '{Feature}' of view {View}, read through service {Service}, is {Deprecation}")]
    private static partial void LogDeprecated(ILogger logger, string feature, string view, string service, string deprecation);

    [LoggerMessage(EventId = 3104, Level = LogLevel.Error, Message = "The definitions of environment '{Environment}' were refused")]
    private static partial void LogRefused(ILogger logger, Exception error, string environment);
}
