namespace MlOps;

/// <summary>The access control of an environment without rules.</summary>
public static class AccessControl
{
    /// <summary>Allows everything to everybody: an environment of one process without a configured role is its user's own.</summary>
    public static IAccessControl Unrestricted { get; } = new Unlimited();

    private sealed class Unlimited : IAccessControl
    {
        public bool Allows(EnvironmentPermission permission) => true;

        public void Require(EnvironmentPermission permission, string subject)
        {
        }
    }
}
