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
}
