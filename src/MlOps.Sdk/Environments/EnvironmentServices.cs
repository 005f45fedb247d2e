using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Artifacts;
using MlOps.Environments;
using MlOps.Monitoring;
using MlOps.Orchestration;
using MlOps.Registry;
using MlOps.Serving;

namespace MlOps;

/// <summary>Registers what an environment owns, keyed by its name, and the default environment's services without a key.</summary>
internal static class EnvironmentServices
{
    public static void Add(IServiceCollection services, string environment)
    {
        services.AddKeyedSingleton(environment, (provider, key) => Open(provider, (string)key!));
        services.AddKeyedSingleton(environment, (provider, key) => provider.GetRequiredService<IMlOpsEnvironments>()[(string)key!]);
        services.AddKeyedSingleton(environment, (provider, key) => provider.GetRequiredKeyedService<EnvironmentStores>(key).Context);
        services.AddKeyedSingleton(environment, (provider, key) => provider.GetRequiredKeyedService<EnvironmentContext>(key).Guarded().Artifacts);
        services.AddKeyedSingleton(environment, (provider, key) => provider.GetRequiredKeyedService<EnvironmentContext>(key).Events);
        services.AddKeyedSingleton(environment, (provider, key) => provider.GetRequiredKeyedService<EnvironmentContext>(key).Audit);
        services.AddKeyedSingleton(environment, (provider, key) => PolicyOf(provider, (string)key!));
        services.AddKeyedSingleton(environment, (provider, key) => SignaturesOf(provider, (string)key!));
        services.AddKeyedSingleton(environment, (provider, key) => RegistryPolicyOf(provider, (string)key!));
        services.AddMlOpsRegistry(environment);
        services.AddMlOpsFeatureStore(environment);
        services.AddKeyedSingleton<IFeatureVectorSourceProvider>(environment, (provider, key) => new FeatureVectorSources(
            provider.GetRequiredKeyedService<IFeatureStore>(key), provider.GetRequiredService<ICallerAccessor>()));
        services.AddMlOpsMonitoring(environment);
        services.AddMlOpsServing(environment);
        services.AddOptions<ServingOptions>(environment).Configure<IOptions<MlOpsOptions>, DeclaredEnvironments>((serving, options, declared) =>
        {
            var settings = declared.Resolve(options.Value, environment).Serving;
            serving.Batching = serving.Batching with
            {
                MaximumBatchSize = settings.MaxBatchSize, QueueLimit = settings.MaxQueueLength,
                MissingFeatures = settings.AllowMissingFeatures ? MissingFeatures.Pass : MissingFeatures.Reject,
            };
            foreach (var (model, tuned) in settings.Models)
                serving.Tuned[model] = tuned.ToConfiguration(serving.Batching);
        });
        services.AddMlOpsOrchestration(environment);
    }

    public static void AddUnkeyed(IServiceCollection services)
    {
        Default<EnvironmentContext>(services);
        Default<IArtifactStore>(services);
        Default<IArtifactCollector>(services);
        Default<IEventLog>(services);
        Default<IAuditLog>(services);
        Default<IModelRegistry>(services);
        Default<IExperiments>(services);
        Default<IModelSignatures>(services);
        Default<ILineage>(services);
        Default<IFeatureStore>(services);
        Default<IMonitors>(services);
        Default<IEndpoints>(services);
        Default<IBatchScoring>(services);
        Default<IPipelines>(services);
        Default<IPromotions>(services);
    }

    private static void Default<TService>(IServiceCollection services)
        where TService : class =>
        services.TryAddSingleton(provider => provider.GetRequiredService<IMlOpsEnvironments>().Default.Get<TService>());

    private static EnvironmentStores Open(IServiceProvider provider, string name)
    {
        _ = provider.GetRequiredService<IMlOpsEnvironments>()[name]; // throws when the name is not declared
        var declared = provider.GetRequiredService<DeclaredEnvironments>();
        var options = provider.GetRequiredService<IOptions<MlOpsOptions>>().Value;
        return EnvironmentStores.OpenEmbedded(
            name, declared.KindOf(options, name), declared.DirectoryOf(options, name),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>(), provider.GetRequiredService<ICallerAccessor>(),
            access: declared.Resolve(options, name).Roles.ToAccess(),
            artifacts: new FileArtifactOptions { QuotaBytes = declared.Resolve(options, name).Artifacts.QuotaBytes });
    }

    private static SignaturePolicy SignaturesOf(IServiceProvider provider, string name)
    {
        _ = provider.GetRequiredService<IMlOpsEnvironments>()[name];
        var options = provider.GetRequiredService<IOptions<MlOpsOptions>>().Value;
        return SignaturePolicyReader.Read(provider.GetRequiredService<DeclaredEnvironments>().Resolve(options, name).Signatures, name, []);
    }

    private static RegistryPolicy RegistryPolicyOf(IServiceProvider provider, string name)
    {
        _ = provider.GetRequiredService<IMlOpsEnvironments>()[name];
        var environment = provider.GetRequiredService<DeclaredEnvironments>().Resolve(provider.GetRequiredService<IOptions<MlOpsOptions>>().Value, name);
        return new RegistryPolicy { RequiredArtifactKinds = [.. environment.RequiredAtRegistration.Order()] };
    }

    private static EnvironmentPolicy PolicyOf(IServiceProvider provider, string name)
    {
        _ = provider.GetRequiredService<IMlOpsEnvironments>()[name];
        var declared = provider.GetRequiredService<DeclaredEnvironments>();
        var options = provider.GetRequiredService<IOptions<MlOpsOptions>>().Value;
        var environment = declared.Resolve(options, name);
        var complete = environment.RequireCompleteArtifacts ?? declared.KindOf(options, name) == EnvironmentKind.Production;
        return new EnvironmentPolicy
        {
            PromotesFrom = environment.PromotesFrom?.ToLowerInvariant(),
            Approvals = environment.Approvals,
            RequiredArtifactKinds = environment.RequiredArtifactKinds.Count > 0 ? [.. environment.RequiredArtifactKinds.Order()] : complete ? Enum.GetValues<ModelArtifactKind>() : [],
            Gates = environment.Gates.ToDictionary(
                gate => gate.Key, gate => new MetricBounds { Min = gate.Value.Min, Max = gate.Value.Max, BetterThanChampionBy = gate.Value.BetterThanChampionBy }, StringComparer.OrdinalIgnoreCase),
        };
    }
}
