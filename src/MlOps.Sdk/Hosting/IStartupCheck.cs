namespace MlOps;

/// <summary>Looks for mistakes in what a host declared, in each environment, before anything starts.</summary>
public interface IStartupCheck
{
    /// <summary>Checks one environment.</summary>
    /// <param name="environment">The environment; its stores are open.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Mistakes, each with its remedy; empty when all is well.</returns>
    ValueTask<IReadOnlyList<string>> CheckAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken);
}
