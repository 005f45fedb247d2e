using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

internal sealed partial class ModelBundles
{
    [LoggerMessage(2051, LogLevel.Information, "Exported {Version} of {Environment} as a bundle with manifest {Manifest}")]
    private static partial void LogExported(ILogger logger, ModelVersionRef version, string environment, string manifest);

    [LoggerMessage(2052, LogLevel.Information, "Imported {Version} into {Environment} from {Source}")]
    private static partial void LogImported(ILogger logger, ModelVersionRef version, string environment, string source);

    [LoggerMessage(2053, LogLevel.Warning, "The bundle of {Version} has an attachment {Path} of the type {MediaType}, which nothing here reads; it was left out")]
    private static partial void LogUnknownAttachment(ILogger logger, ModelVersionRef version, string path, string mediaType);
}
