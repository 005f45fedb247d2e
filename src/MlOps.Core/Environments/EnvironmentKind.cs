namespace MlOps;

/// <summary>What an environment is for. Rules that differ by purpose (approvals, required artifact kinds) go by kind, not by name.</summary>
public enum EnvironmentKind
{
    /// <summary>Exploration and training; nothing depends on it.</summary>
    Sandbox = 0,

    /// <summary>Mirrors production; candidates are tested here.</summary>
    Staging = 1,

    /// <summary>Serves users.</summary>
    Production = 2,
}
