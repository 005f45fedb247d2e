using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MlOps;
using MlOps.Features;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers feature stores and definitions.</summary>
public static class FeatureStoreServiceCollectionExtensions
{
    /// <summary>Registers the feature store of one environment, keyed by the environment's name. Needs the keyed <see cref="EnvironmentContext"/>.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="environment">The environment's name.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddMlOpsFeatureStore(this IServiceCollection services, string environment)
    {
        ArgumentNullException.ThrowIfNull(services);
        var name = EnvironmentNames.Normalise(environment);
        services.AddOptions<FeatureStoreOptions>();
        // Several engines register roots, so that only this one's presence tells that they are there.
        if (!services.Any(service => service.ServiceType == typeof(IFeatureStore) && Equals(service.ServiceKey, name)))
            services.AddKeyedSingleton<IArtifactRoots>(name, (provider, _) => new TrainingFrameRoots(provider.GetRequiredKeyedService<EnvironmentContext>(name)));
        services.TryAddKeyedSingleton<IFeatureStore>(name, (provider, _) => new FeatureStore(
            provider.GetRequiredKeyedService<EnvironmentContext>(name),
            provider.GetServices<FeatureView>(),
            provider.GetServices<FeatureService>(),
            provider.GetRequiredService<IOptions<FeatureStoreOptions>>().Value,
            () => provider.GetKeyedServices<ILineageSource>(name)));
        services.TryAddEnumerable(ServiceDescriptor.KeyedSingleton<ILineageSource, FeatureLineage>(
            name, (provider, _) => new FeatureLineage(provider.GetRequiredKeyedService<EnvironmentContext>(name))));
        return services;
    }
}
