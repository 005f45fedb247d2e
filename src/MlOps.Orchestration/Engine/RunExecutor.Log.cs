using Microsoft.Extensions.Logging;

namespace MlOps.Orchestration;

internal sealed partial class RunExecutor
{
    [LoggerMessage(5001, LogLevel.Information, "Run {RunId} of pipeline {Pipeline} ended: {Status}")]
    private static partial void LogEnded(ILogger logger, string runId, string pipeline, PipelineStatus status);

    [LoggerMessage(5002, LogLevel.Warning, "Run {RunId} of pipeline {Pipeline} was taken over by another host; this one stops working on it")]
    private static partial void LogLeaseLost(ILogger logger, string runId, string pipeline);

    [LoggerMessage(5003, LogLevel.Warning, "The lease of run {RunId} could not be prolonged")]
    private static partial void LogHeartbeatFailed(ILogger logger, string runId, Exception error);

    [LoggerMessage(5004, LogLevel.Warning, "Step {Step} of run {RunId} failed (failure {Failures}) and tries again in {Delay}")]
    private static partial void LogRetry(ILogger logger, string runId, string step, int failures, TimeSpan delay, Exception error);

    [LoggerMessage(5005, LogLevel.Error, "Step {Step} of run {RunId} failed")]
    private static partial void LogFailed(ILogger logger, string runId, string step, Exception error);

    [LoggerMessage(5006, LogLevel.Warning, "The workspace of run {RunId} could not be removed")]
    private static partial void LogWorkspaceKept(ILogger logger, string runId, Exception error);

    [LoggerMessage(5007, LogLevel.Warning, "The tracking run of run {RunId} could not be closed by this host")]
    private static partial void LogTrackingAbandoned(ILogger logger, string runId, Exception error);
}
