namespace MlOps.Serving;

/// <summary>What an endpoint serves in this process.</summary>
/// <param name="Name">The endpoint.</param>
/// <param name="Revision">The revision of its traffic.</param>
/// <param name="Policy">The traffic; null when the endpoint does not serve.</param>
/// <param name="QueuedRows">Rows waiting now.</param>
/// <param name="LastError">Why the newest revision could not be loaded, while an older one goes on serving; null when all is well.</param>
public sealed record EndpointStatus(string Name, long Revision, TrafficPolicy? Policy, int QueuedRows, string? LastError)
{
    /// <summary>The circuits of the versions asked, where <see cref="ResilienceOptions.Circuit"/> is set.</summary>
    public IReadOnlyList<CircuitStatus> Circuits { get; init; } = [];

    /// <summary>How the shadow compares; null without one.</summary>
    public ShadowReport? Shadow { get; init; }

    /// <summary>
    /// Whether requests are answered: the versions of its traffic were loaded, verified and warmed up in this process. Versions that were
    /// unloaded since for want of memory count, since a request loads them.
    /// </summary>
    public bool IsReady { get; init; }
}
