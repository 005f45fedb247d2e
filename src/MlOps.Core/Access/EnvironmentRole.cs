namespace MlOps;

/// <summary>What somebody is in one environment. A caller may have several roles; they add up. <see cref="EnvironmentRoles"/> has the table.</summary>
public enum EnvironmentRole
{
    /// <summary>Sees what is there, but not the bytes of artifacts.</summary>
    Viewer = 0,

    /// <summary>Logs runs and registers versions; neither deploys nor deletes.</summary>
    Developer = 1,

    /// <summary>Approves promotions and reads the audit trail; registers nothing.</summary>
    Approver = 2,

    /// <summary>Deploys, moves aliases, deletes, collects; registers nothing and approves nothing.</summary>
    Operator = 3,

    /// <summary>May do everything.</summary>
    Admin = 4,
}
