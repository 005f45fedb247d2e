using Microsoft.Extensions.DependencyInjection;

namespace MlOps;

/// <summary>What <c>AddMlOps</c> returns. Packages extend it with <c>Add...</c> (one more of something) and <c>Use...</c> (fill a single slot).</summary>
public interface IMlOpsBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }

    /// <summary>
    /// Runs a registration for every declared environment, those declared later included, so that keyed services exist for
    /// exactly the declared names.
    /// </summary>
    /// <param name="register">Receives the services and the environment's name in lower case.</param>
    /// <returns>This builder.</returns>
    IMlOpsBuilder ForEachEnvironment(Action<IServiceCollection, string> register);
}
