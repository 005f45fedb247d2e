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
        var name = EnvironmentName.Normalise(environment);
        services.AddOptions<FeatureStoreOptions>();
        services.TryAddKeyedSingleton<IFeatureStore>(name, (provider, _) => new FeatureStore(
            provider.GetRequiredKeyedService<EnvironmentContext>(name),
            provider.GetServices<FeatureView>(),
            provider.GetServices<FeatureService>(),
            provider.GetRequiredService<IOptions<FeatureStoreOptions>>().Value));
        return services;
    }

    /// <summary>Declares a feature view for every environment of the host.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="view">The view.</param>
    /// <returns>The same builder.</returns>
    public static IMlOpsBuilder AddFeatureView(this IMlOpsBuilder builder, FeatureView view)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(view);
        builder.Services.AddSingleton(view);
        return builder;
    }

    /// <summary>Declares a feature view over columns for every environment of the host.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The view's name.</param>
    /// <param name="define">Defines it.</param>
    /// <returns>The same builder.</returns>
    public static IMlOpsBuilder AddFeatureView(this IMlOpsBuilder builder, string name, Action<FeatureViewBuilder> define)
    {
        ArgumentNullException.ThrowIfNull(define);
        var view = FeatureView.Define(name);
        define(view);
        return builder.AddFeatureView(view.Build());
    }

    /// <summary>Declares a feature service for every environment of the host.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="service">The service.</param>
    /// <returns>The same builder.</returns>
    public static IMlOpsBuilder AddFeatureService(this IMlOpsBuilder builder, FeatureService service)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(service);
        builder.Services.AddSingleton(service);
        return builder;
    }

    /// <summary>Declares a feature service for every environment of the host.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The service's name.</param>
    /// <param name="define">Defines it.</param>
    /// <returns>The same builder.</returns>
    public static IMlOpsBuilder AddFeatureService(this IMlOpsBuilder builder, string name, Action<FeatureServiceBuilder> define)
    {
        ArgumentNullException.ThrowIfNull(define);
        var service = FeatureService.Define(name);
        define(service);
        return builder.AddFeatureService(service.Build());
    }
}
