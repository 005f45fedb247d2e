namespace MlOps;

/// <summary>The <c>MlOps</c> section of the configuration. Maps are keyed by name, so that one environment variable overrides one value.</summary>
public sealed class MlOpsOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "MlOps";

    /// <summary>The directory under which environments without a path of their own live, one folder each.</summary>
    /// <value>Default: <c>mlops</c> in the current directory.</value>
    public string Path { get; set; } = "mlops";

    /// <summary>The environment that unkeyed services mean.</summary>
    /// <value>Default: the first declared one, by kind and then by name.</value>
    public string? DefaultEnvironment { get; set; }

    /// <summary>What this process does beside calling: it always has clients of everything.</summary>
    /// <value>Default: all roles.</value>
    public MlOpsRoles Roles { get; set; } = MlOpsRoles.All;

    /// <summary>The environments by name.</summary>
    /// <value>Default: one, <c>sandbox</c>.</value>
    public Dictionary<string, EnvironmentOptions> Environments { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}
