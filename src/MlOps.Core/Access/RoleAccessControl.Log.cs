using Microsoft.Extensions.Logging;

namespace MlOps.Access;

internal sealed partial class RoleAccessControl
{
    [LoggerMessage(1301, LogLevel.Warning, "'{Caller}' was denied {Permission} on {Subject} in environment '{Environment}'")]
    private static partial void LogDenied(ILogger logger, string caller, EnvironmentPermission permission, string subject, string environment);
}
