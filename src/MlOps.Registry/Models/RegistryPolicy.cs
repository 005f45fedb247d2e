namespace MlOps.Registry;

/// <summary>What an environment asks of every version that is registered in it, copies included. Registered keyed by the environment's name.</summary>
public sealed record RegistryPolicy
{
    /// <summary>The artifact kinds without which no version is registered.</summary>
    /// <value>Default: empty, none is asked for.</value>
    public IReadOnlyList<ModelArtifactKind> RequiredArtifactKinds { get; init; } = [];
}
