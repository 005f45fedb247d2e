using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

internal sealed partial class TensorEngine
{
    [LoggerMessage(4140, LogLevel.Warning, "Requests in tensors are no longer batched: {Reason}")]
    private static partial void LogUnbatchable(ILogger logger, string reason);

    [LoggerMessage(4141, LogLevel.Error, "A run of {Requests} requests in tensors did not end within {Milliseconds} ms and was given up")]
    private static partial void LogHanging(ILogger logger, int requests, double milliseconds);
}
