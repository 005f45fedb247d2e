using MlOps;
using MlOps.Orchestration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers pipelines and promotions.</summary>
public static class OrchestrationServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IPipelines"/>, <see cref="IPromotions"/> and <see cref="IPipelineWorker"/> as singletons keyed by the environment's
    /// name. They need the keyed <see cref="EnvironmentContext"/>; promotion also needs <see cref="IMlOpsEnvironments"/>, the registries of both
    /// environments, and a keyed <see cref="EnvironmentPolicy"/> of the environment promoted to. Idempotent.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="environment">The environment's name.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddMlOpsOrchestration(this IServiceCollection services, string environment)
    {
        ArgumentNullException.ThrowIfNull(services);
        var name = EnvironmentNames.Normalise(environment);
        services.AddOptions<OrchestrationOptions>();
        // Several engines register roots, so that only this one's presence tells that they are there.
        if (!services.Any(service => service.ServiceType == typeof(PipelineEngine) && Equals(service.ServiceKey, name)))
            services.AddKeyedSingleton<IArtifactRoots>(name, (provider, _) => new OrchestrationRoots(Context(provider, name), Options(provider)));
        services.TryAddKeyedSingleton(name, (provider, _) => new PipelineEngine(Context(provider, name), provider, Options(provider)));
        services.TryAddKeyedSingleton<IPipelines>(name, (provider, _) => provider.GetRequiredKeyedService<PipelineEngine>(name));
        services.TryAddKeyedSingleton(name, (provider, _) => new Promotions(Context(provider, name), provider, Options(provider)));
        services.TryAddKeyedSingleton<IPromotions>(name, (provider, _) => provider.GetRequiredKeyedService<Promotions>(name));
        services.TryAddKeyedSingleton<IPipelineWorker>(name, (provider, _) =>
        {
            var context = Context(provider, name);
            var engine = provider.GetRequiredKeyedService<PipelineEngine>(name);
            var logger = context.LoggerFactory.CreateLogger("MlOps.Orchestration");
            var triggers = new TriggerRunner(context, engine, provider.GetServices<TriggerRegistration>(), logger);
            return new PipelineWorker(context, engine, triggers, provider.GetRequiredKeyedService<Promotions>(name), Options(provider), logger);
        });
        services.TryAddEnumerable(ServiceDescriptor.KeyedSingleton<ILineageSource, PipelineLineage>(
            name, (provider, _) => new PipelineLineage(Context(provider, name))));
        return services;
    }

    private static EnvironmentContext Context(IServiceProvider provider, string name) => provider.GetRequiredKeyedService<EnvironmentContext>(name);

    private static OrchestrationOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<OrchestrationOptions>>().Value;
}
