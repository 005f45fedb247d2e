using Microsoft.Extensions.DependencyInjection.Extensions;
using MlOps;
using MlOps.Monitoring;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the monitors of an environment.</summary>
public static class MonitoringServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IMonitors"/> and its <see cref="IPredictionSink"/>, keyed by the environment's name; references keep their blobs.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="environment">The environment's name; its <see cref="EnvironmentContext"/> is registered under the same key.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddMlOpsMonitoring(this IServiceCollection services, string environment)
    {
        ArgumentNullException.ThrowIfNull(services);
        var name = EnvironmentNames.Normalise(environment);
        // Several engines register roots, so that only this one's presence tells that they are there.
        if (!services.Any(service => service.ServiceType == typeof(IMonitors) && Equals(service.ServiceKey, name)))
            services.AddKeyedSingleton<IArtifactRoots>(name, (provider, _) => new MonitoringRoots(provider.GetRequiredKeyedService<EnvironmentContext>(name)));
        services.TryAddKeyedSingleton<IMonitors>(name, (provider, _) => new Monitors(provider.GetRequiredKeyedService<EnvironmentContext>(name)));
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<IMonitors>(name).Sink);
        services.TryAddEnumerable(ServiceDescriptor.KeyedSingleton<ILineageSource, PredictionLineage>(
            name, (provider, _) => new PredictionLineage(provider.GetRequiredKeyedService<EnvironmentContext>(name))));
        return services;
    }
}
