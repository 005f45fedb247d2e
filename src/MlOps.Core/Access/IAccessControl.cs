namespace MlOps;

/// <summary>Decides what the current caller may do in one environment. Thread-safe.</summary>
public interface IAccessControl
{
    /// <summary>Whether the current caller has a permission.</summary>
    /// <param name="permission">The permission.</param>
    /// <returns>True when a role of the caller grants it.</returns>
    bool Allows(EnvironmentPermission permission);

    /// <summary>Requires a permission of the current caller. Every public operation of an engine begins with this.</summary>
    /// <param name="permission">The permission.</param>
    /// <param name="subject">What the caller wants to touch, for the message; for instance <c>model 'churn'</c>.</param>
    /// <exception cref="AccessDeniedException">No role of the caller grants it; the message names the caller, the permission and the roles that would.</exception>
    void Require(EnvironmentPermission permission, string subject);

    /// <summary>Whether rules are configured. Without any, everything is open to everybody, also what rules finer than permissions would close.</summary>
    /// <value>Default: true.</value>
    bool IsRestricted => true;

    /// <summary>Whether the current caller has a role, for rules finer than permissions. The process has those that it is given.</summary>
    /// <param name="role">The role.</param>
    /// <returns>True when the caller has exactly this role; false by default.</returns>
    bool HasRole(EnvironmentRole role) => false;

    /// <summary>Whether the current caller is an authenticated user of a name. The process is no user.</summary>
    /// <param name="name">The name, case ignored.</param>
    /// <returns>True when an identity of the caller bears it; false by default.</returns>
    bool IsUser(string name) => false;

    /// <summary>Whether the current caller belongs to a group, by the claims that <see cref="EnvironmentAccess.Groups"/> names. The process belongs to none.</summary>
    /// <param name="group">The group, case ignored.</param>
    /// <returns>True when an authenticated identity of the caller claims it; false by default.</returns>
    bool IsInGroup(string group) => false;
}
