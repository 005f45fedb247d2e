namespace MlOps.Serving;

/// <summary>Whether an environment's serving in this process may be given requests.</summary>
/// <param name="IsReady">Whether every endpoint that has traffic is ready.</param>
/// <param name="Endpoints">The endpoints that have traffic.</param>
public sealed record ServingReadiness(bool IsReady, IReadOnlyList<EndpointStatus> Endpoints)
{
    /// <summary>What is not ready and why, for a health report; empty when all is.</summary>
    public string Reason => string.Join(
        "; ", Endpoints.Where(endpoint => !endpoint.IsReady).Select(endpoint => $"endpoint '{endpoint.Name}': {endpoint.LastError ?? "not loaded yet"}"));
}
