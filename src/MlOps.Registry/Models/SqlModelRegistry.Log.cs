using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

internal sealed partial class SqlModelRegistry
{
    [LoggerMessage(2001, LogLevel.Information, "Registered {Model}:{Version} in {Environment}, manifest {Manifest}")]
    private static partial void LogRegistered(ILogger logger, string model, int version, string environment, string manifest);

    [LoggerMessage(2002, LogLevel.Information, "Alias {Model}@{Alias} in {Environment} moved from {From} to {To}")]
    private static partial void LogAliasMoved(ILogger logger, string model, string alias, string environment, int? from, int? to);
}
