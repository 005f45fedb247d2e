namespace MlOps.Serving;

/// <summary>The endpoints of one environment. Changes made by other processes are noticed within <see cref="ServingOptions.PollInterval"/>. Thread-safe.</summary>
public interface IEndpoints
{
    /// <summary>An endpoint by name; it need not serve yet.</summary>
    /// <param name="name">The name: 1-100 characters of letters, digits, <c>. _ -</c>, beginning with a letter.</param>
    /// <exception cref="InvalidDefinitionException">The name is not allowed.</exception>
    IEndpoint this[string name] { get; }

    /// <summary>The endpoints that serve, by name.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Their status; revision 0 for one that this process has not loaded.</returns>
    ValueTask<IReadOnlyList<EndpointStatus>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Loads and warms up every endpoint that has traffic; one that cannot be loaded does not keep the others from it.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What is ready and what is not.</returns>
    ValueTask<ServingReadiness> WarmUpAsync(CancellationToken cancellationToken = default);

    /// <summary>Looks for changes made by other processes, and for moved aliases, now.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when loaded endpoints follow the newest traffic.</returns>
    ValueTask RefreshAsync(CancellationToken cancellationToken = default);
}
