using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Monitoring;

/// <summary>Registers the monitors of an environment.</summary>
public static class MonitoringServices
{
    /// <summary>Adds <see cref="IMonitors"/> and its <see cref="IPredictionSink"/>, keyed by the environment's name.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="environment">The environment's name in lower case; its <see cref="EnvironmentContext"/> is registered under the same key.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddMlOpsMonitoring(this IServiceCollection services, string environment)
    {
        services.AddKeyedSingleton<IMonitors>(environment, (provider, key) => new Monitors(provider.GetRequiredKeyedService<EnvironmentContext>(key)));
        services.AddKeyedSingleton(environment, (provider, key) => provider.GetRequiredKeyedService<IMonitors>(key).Sink);
        return services;
    }

    extension(IMlOpsEnvironment environment)
    {
        /// <summary>The monitors of this environment.</summary>
        public IMonitors Monitors => environment.Get<IMonitors>();
    }
}
