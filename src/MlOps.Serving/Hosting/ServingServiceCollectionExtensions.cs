using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MlOps;
using MlOps.Registry;
using MlOps.Serving;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds serving to an environment.</summary>
public static class ServingServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IEndpoints"/>, <see cref="IModelDeployer"/>, <see cref="IModelTrials"/> and <see cref="IBatchScoring"/> as singletons keyed by the
    /// environment's name, over the <see cref="EnvironmentContext"/> and <see cref="IModelRegistry"/> of the same key. Options:
    /// <see cref="ServingOptions"/> of that name. Calling it again for the same environment changes nothing.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="environment">The environment's name.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddMlOpsServing(this IServiceCollection services, string environment)
    {
        ArgumentNullException.ThrowIfNull(services);
        var name = EnvironmentNames.Normalise(environment);
        services.AddOptions();
        services.TryAddKeyedSingleton(name, (provider, _) => new EndpointSet(
            provider.GetRequiredKeyedService<EnvironmentContext>(name),
            provider.GetRequiredKeyedService<IModelRegistry>(name),
            provider.GetRequiredService<IOptionsMonitor<ServingOptions>>().Get(name),
            provider.GetKeyedServices<IModelRuntimeProvider>(name),
            provider.GetKeyedServices<IPredictionSink>(name),
            new ServingMetrics(name, provider.GetService<IMeterFactory>()),
            provider.GetKeyedService<IModelAdmission>(name),
            new EndpointServices
            {
                Functions = [.. provider.GetKeyedServices<ModelFunction>(name)],
                Guards = [.. provider.GetKeyedServices<ITrafficGuard>(name)],
                ExposureSinks = [.. provider.GetKeyedServices<IExposureSink>(name)],
                PayloadSinks = [.. provider.GetKeyedServices<IPayloadSink>(name)],
                Sources = provider.GetKeyedService<IFeatureVectorSourceProvider>(name),
            }));
        services.TryAddKeyedSingleton<IEndpoints>(name, (provider, _) => provider.GetRequiredKeyedService<EndpointSet>(name));
        services.TryAddKeyedSingleton<IServedModels>(name, (provider, _) => new ServedModels(
            provider.GetRequiredKeyedService<EnvironmentContext>(name),
            provider.GetRequiredKeyedService<EndpointSet>(name),
            provider.GetRequiredService<IOptionsMonitor<ServingOptions>>().Get(name)));
        services.TryAddKeyedSingleton<IModelTrials>(name, (provider, _) => provider.GetRequiredKeyedService<EndpointSet>(name).Trials);
        services.TryAddKeyedSingleton<IModelDeployer>(name, (provider, _) => provider.GetRequiredKeyedService<EndpointSet>(name));
        services.TryAddKeyedSingleton<IBatchScoring>(name, (provider, _) => new BatchScoring(
            provider.GetRequiredKeyedService<EnvironmentContext>(name), provider.GetRequiredKeyedService<EndpointSet>(name)));
        services.TryAddKeyedSingleton<IModelTuner>(name, (provider, _) => new ModelTuner(
            provider.GetRequiredKeyedService<EnvironmentContext>(name),
            provider.GetRequiredKeyedService<IModelRegistry>(name),
            provider.GetRequiredService<IOptionsMonitor<ServingOptions>>().Get(name)));
        services.TryAddEnumerable(ServiceDescriptor.KeyedSingleton<ILineageSource, TrafficLineage>(
            name, (provider, _) => new TrafficLineage(provider.GetRequiredKeyedService<EnvironmentContext>(name))));
        return services;
    }
}
