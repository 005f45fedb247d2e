using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MlOps.Features;

namespace MlOps;

/// <summary>Declares features and readers by row types.</summary>
public static class TypedFeatureBuilderExtensions
{
    /// <summary>
    /// Declares a view over rows of a type, a service of the same name with all its features, and, where every property is a feature, a reader
    /// of it. (A property that is only aggregated is none: read its aggregates as a <see cref="FeatureVectorAttribute"/> type.)
    /// </summary>
    /// <typeparam name="T">A type with a generated binding.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The view's and the service's name.</param>
    /// <param name="define">Says what the type does not: version, keys, time to live, further features.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidDefinitionException">The view has no key, no event time or no features.</exception>
    public static IMlOpsBuilder AddFeatures<T>(this IMlOpsBuilder builder, string name, Action<FeatureViewBuilder<T>>? define = null)
        where T : IFeatureRow<T> => builder.AddFeatures(name, T.Binding, define);

    /// <summary>Declares a view over rows of a type, a service of the same name with all its features, and a reader of it.</summary>
    /// <typeparam name="T">The row.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The view's and the service's name.</param>
    /// <param name="binding">The row's binding.</param>
    /// <param name="define">Says what the binding does not.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidDefinitionException">The view has no key, no event time or no features.</exception>
    public static IMlOpsBuilder AddFeatures<T>(
        this IMlOpsBuilder builder, string name, FeatureRowBinding<T> binding, Action<FeatureViewBuilder<T>>? define = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(binding);
        var definition = FeatureView.Define<T>(name);
        define?.Invoke(definition);
        var view = definition.Row(binding).Build();
        builder.Services.TryAddSingleton(view);
        builder.AddFeatureView(view).AddFeatureService(name, service => service.View(name));
        // A property that is only aggregated is no feature of the service, so an answer could not fill it.
        var isAnswer = binding.Columns.All(column => column.Role != FeatureRowRole.Feature
            || view.FeatureNames.Contains(column.Name, StringComparer.Ordinal) || view.Keys.Any(key => key.Name == column.Name));
        return isAnswer ? builder.AddFeatureReader(name, binding) : builder;
    }

    /// <summary>Adds <see cref="IFeatureReader{T}"/> of a feature service to every environment, keyed by its name; without a key it is the default environment's.</summary>
    /// <typeparam name="T">A type with a generated binding.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="service">The feature service.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidDefinitionException">The type reads another service already.</exception>
    public static IMlOpsBuilder AddFeatureReader<T>(this IMlOpsBuilder builder, string service)
        where T : IFeatureRow<T> => builder.AddFeatureReader(service, T.Binding);

    /// <summary>Adds <see cref="IFeatureReader{T}"/> of a feature service to every environment, with an explicit binding.</summary>
    /// <typeparam name="T">What an answer is.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="service">The feature service.</param>
    /// <param name="binding">Which property is which feature.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidDefinitionException">The type reads another service already.</exception>
    public static IMlOpsBuilder AddFeatureReader<T>(this IMlOpsBuilder builder, string service, FeatureRowBinding<T> binding)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(service);
        ArgumentNullException.ThrowIfNull(binding);
        var taken = builder.Services.FirstOrDefault(known => !known.IsKeyedService && known.ServiceType == typeof(ReaderOf<T>))?.ImplementationInstance as ReaderOf<T>;
        if (taken is not null)
            throw new InvalidDefinitionException($"{typeof(T).Name} is read from feature service '{taken.Service}' already: give '{service}' a type of its own.");
        builder.Services.AddSingleton(new ReaderOf<T>(service));
        builder.Services.TryAddSingleton(provider => provider.GetRequiredService<IMlOpsEnvironments>().Default.Get<IFeatureReader<T>>());
        return builder.ForEachEnvironment((services, environment) =>
            services.TryAddKeyedSingleton(environment, (provider, _) => provider.GetRequiredKeyedService<IFeatureStore>(environment).GetReader(service, binding)));
    }

    // Remembers which service a type reads.
    private sealed record ReaderOf<T>(string Service);
}
