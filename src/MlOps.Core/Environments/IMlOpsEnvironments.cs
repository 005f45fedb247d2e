namespace MlOps;

/// <summary>The environments that this host declares.</summary>
public interface IMlOpsEnvironments : IReadOnlyCollection<IMlOpsEnvironment>
{
    /// <summary>The environment that unkeyed services mean.</summary>
    IMlOpsEnvironment Default { get; }

    /// <summary>The environment of that name, case ignored.</summary>
    /// <param name="name">The environment's name.</param>
    /// <exception cref="UnknownEnvironmentException">No such environment is declared; the message lists the declared ones.</exception>
    IMlOpsEnvironment this[string name] { get; }
}
