using Microsoft.Extensions.Logging;

namespace MlOps.Metadata;

internal sealed partial class SqliteMetadataEngine
{
    [LoggerMessage(1000, LogLevel.Warning, "{Warning}")]
    private static partial void LogNativeWarning(ILogger logger, string warning);

    [LoggerMessage(1001, LogLevel.Debug, "Opened metadata store {Path} of environment {Environment} with SQLite {Version}")]
    private static partial void LogOpened(ILogger logger, string path, string environment, string version);

    [LoggerMessage(1002, LogLevel.Information, "Brought metadata area {Area} from version {From} to {To}")]
    private static partial void LogMigrated(ILogger logger, string area, long from, int to);

    [LoggerMessage(1003, LogLevel.Error, "A commit of metadata store {Path} failed; its writes were refused")]
    private static partial void LogCommitFailed(ILogger logger, string path, Exception exception);
}
