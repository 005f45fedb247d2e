namespace MlOps;

/// <summary>Where an environment keeps what it owns.</summary>
public sealed class StoreOptions
{
    /// <summary>The kind of store.</summary>
    /// <value>Default: <c>FileSystem</c>, the only one without an adapter package.</value>
    public string Provider { get; set; } = "FileSystem";

    /// <summary>The environment's own directory.</summary>
    /// <value>Default: a folder of the environment's name under <see cref="MlOpsOptions.Path"/>.</value>
    public string? Path { get; set; }
}
