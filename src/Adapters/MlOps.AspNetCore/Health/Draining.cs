using Microsoft.Extensions.Hosting;

namespace MlOps.AspNetCore;

/// <summary>Whether this host is about to stop: first it says so to load balancers, then it refuses what is new.</summary>
internal sealed class Draining(IHostApplicationLifetime lifetime)
{
    private volatile bool _began;

    /// <summary>Whether the host should not be given new work.</summary>
    public bool HasBegun => _began || HasStopped;

    /// <summary>Whether new work is refused.</summary>
    public bool HasStopped => lifetime.ApplicationStopping.IsCancellationRequested;

    public void Begin() => _began = true;
}
