using Microsoft.Extensions.DependencyInjection.Extensions;
using MlOps;
using MlOps.Registry;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the registry and the experiments of an environment.</summary>
public static class RegistryServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IModelRegistry"/>, <see cref="IExperiments"/>, <see cref="ILineage"/>, <see cref="IModelSignatures"/>, <see cref="IModelAdmission"/> (by the <see cref="SignaturePolicy"/> of
    /// the same key, if there is one), <see cref="IModelBundles"/> and <see cref="IArtifactCollector"/> as singletons keyed by the environment's name, over the
    /// <see cref="EnvironmentContext"/> of the same key. Calling it again for the same environment changes nothing.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="environment">The environment's name.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddMlOpsRegistry(this IServiceCollection services, string environment)
    {
        ArgumentNullException.ThrowIfNull(services);
        var name = EnvironmentNames.Normalise(environment);
        services.TryAddKeyedSingleton<IModelRegistry>(
            name, (provider, _) => new SqlModelRegistry(
                provider.GetRequiredKeyedService<EnvironmentContext>(name), provider.GetKeyedService<RegistryPolicy>(name), provider.GetKeyedServices<ILineageSource>(name).Where(source => source is not RegistryLineage)));
        services.TryAddEnumerable(ServiceDescriptor.KeyedSingleton<ILineageSource, RegistryLineage>(
            name, (provider, _) => new RegistryLineage(provider.GetRequiredKeyedService<EnvironmentContext>(name))));
        services.TryAddKeyedSingleton<IExperiments>(
            name, (provider, _) => new SqlExperiments(provider.GetRequiredKeyedService<EnvironmentContext>(name)));
        services.TryAddKeyedSingleton<ILineage>(
            name, (provider, _) => new LineageExplorer(provider.GetRequiredKeyedService<EnvironmentContext>(name), provider.GetKeyedServices<ILineageSource>(name)));
        services.TryAddKeyedSingleton<IArtifactCollector>(
            name, (provider, _) => new ArtifactCollector(
                provider.GetRequiredKeyedService<EnvironmentContext>(name), provider.GetKeyedServices<IArtifactRoots>(name)));
        services.TryAddKeyedSingleton<IModelSignatures>(
            name, (provider, _) => new SqlModelSignatures(
                provider.GetRequiredKeyedService<EnvironmentContext>(name), provider.GetRequiredKeyedService<IModelRegistry>(name)));
        services.TryAddKeyedSingleton<IModelAdmission>(
            name, (provider, _) => new SignatureAdmission(
                provider.GetRequiredKeyedService<IModelSignatures>(name), provider.GetKeyedService<SignaturePolicy>(name)));
        services.TryAddKeyedSingleton<IModelBundles>(
            name, (provider, _) => new ModelBundles(
                provider.GetRequiredKeyedService<EnvironmentContext>(name), provider.GetRequiredKeyedService<IModelRegistry>(name),
                [new SignatureAttachments(provider.GetRequiredKeyedService<EnvironmentContext>(name))]));
        return services;
    }
}
