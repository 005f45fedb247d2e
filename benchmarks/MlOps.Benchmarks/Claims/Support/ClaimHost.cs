using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Benchmarks.Claims.Support;

/// <summary>A host with one environment, built as a user would build it, without the hosted services and without the log of predictions.</summary>
internal sealed class ClaimHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    /// <param name="folder">Where the environment's stores lie.</param>
    /// <param name="configure">What a user would add.</param>
    public ClaimHost(string folder, Action<IMlOpsBuilder>? configure = null)
    {
        var services = new ServiceCollection();
        var builder = services.AddMlOps(options => options.Path = folder).AddEnvironment("sandbox");
        configure?.Invoke(builder);
        foreach (var sink in services.Where(service => service.ServiceType == typeof(IPredictionSink)).ToArray())
            services.Remove(sink);

        _services = services.BuildServiceProvider();
        Environment = _services.GetRequiredService<IMlOpsEnvironments>()["sandbox"];
        // Opens the stores, and with them SQLite's library, which the baselines need too.
        _ = Environment.Context;
    }

    public IMlOpsEnvironment Environment { get; }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
