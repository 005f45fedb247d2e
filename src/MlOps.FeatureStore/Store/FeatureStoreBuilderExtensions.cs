using Microsoft.Extensions.DependencyInjection;
using MlOps.Features;

namespace MlOps;

/// <summary>Declares features for every environment of a host.</summary>
public static class FeatureStoreBuilderExtensions
{
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
