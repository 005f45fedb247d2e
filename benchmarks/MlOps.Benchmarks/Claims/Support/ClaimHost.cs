using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Benchmarks.Claims.Support;

/// <summary>A host with one environment, built as a user would build it, without the hosted services.</summary>
internal sealed class ClaimHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    /// <param name="folder">Where the environment's stores lie.</param>
    /// <param name="configure">What a user would add.</param>
    /// <param name="logsPredictions">Whether monitoring writes predictions down.</param>
    public ClaimHost(string folder, Action<IMlOpsBuilder>? configure = null, bool logsPredictions = false)
    {
        var services = new ServiceCollection();
        var builder = services.AddMlOps(options => options.Path = folder).AddEnvironment("sandbox");
        configure?.Invoke(builder);
        if (!logsPredictions)
        {
            foreach (var sink in services.Where(service => service.ServiceType == typeof(IPredictionSink)).ToArray())
                services.Remove(sink);
        }

        _services = services.BuildServiceProvider();
        Environment = _services.GetRequiredService<IMlOpsEnvironments>()["sandbox"];
    }

    public IMlOpsEnvironment Environment { get; }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
