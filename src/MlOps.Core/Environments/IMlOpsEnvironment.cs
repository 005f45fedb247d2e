namespace MlOps;

/// <summary>
/// A declared environment of this host. The packages add properties to it: <c>Experiments</c> and <c>Models</c>,
/// <c>Features</c>, <c>Endpoints</c>, <c>Pipelines</c>, <c>Monitors</c>. A handle can be had only from the host that declared it.
/// </summary>
public interface IMlOpsEnvironment
{
    /// <summary>The environment's name in lower case.</summary>
    string Name { get; }

    /// <summary>What the environment is for.</summary>
    EnvironmentKind Kind { get; }

    /// <summary>The stores of this environment, for engines and advanced use.</summary>
    EnvironmentContext Context { get; }

    /// <summary>A service of this environment.</summary>
    /// <typeparam name="TService">The service type.</typeparam>
    /// <returns>The service.</returns>
    /// <exception cref="InvalidOperationException">No such service is registered.</exception>
    TService Get<TService>()
        where TService : notnull;
}
