using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Access;

namespace MlOps;

/// <summary>The access controls that there are: without rules, and by roles.</summary>
public static class AccessControl
{
    /// <summary>Allows everything to everybody: an environment of one process without a configured role is its user's own.</summary>
    public static IAccessControl Unrestricted { get; } = new Unlimited();

    /// <summary>Grants what the roles of the current caller grant, and nothing to others. Denials are logged and counted.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="access">Who has which roles.</param>
    /// <param name="caller">Knows who is calling.</param>
    /// <param name="logger">Takes denials; null for none.</param>
    /// <returns>The access control.</returns>
    /// <exception cref="InvalidDefinitionException">The environment's name is not allowed.</exception>
    public static IAccessControl ByRoles(string environment, EnvironmentAccess access, ICallerAccessor caller, ILogger? logger = null) =>
        new RoleAccessControl(environment, access, caller, logger ?? NullLogger.Instance);

    private sealed class Unlimited : IAccessControl
    {
        public bool IsRestricted => false;

        public bool Allows(EnvironmentPermission permission) => true;

        public void Require(EnvironmentPermission permission, string subject)
        {
        }
    }
}
