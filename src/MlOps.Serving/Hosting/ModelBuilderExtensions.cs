using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MlOps.Serving;

namespace MlOps;

/// <summary>Adds typed predictors.</summary>
public static class ModelBuilderExtensions
{
    /// <summary>
    /// Adds <see cref="IPredictor{TIn,TOut}"/> for a model to every environment, keyed by its name; without a key it is the default
    /// environment's.
    /// </summary>
    /// <typeparam name="TIn">What a request carries.</typeparam>
    /// <typeparam name="TOut">What the model's scores mean.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="model">The model, which is also the endpoint's name.</param>
    /// <param name="bind">Says which features, in which order, and what the scores mean.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidDefinitionException">The binding is incomplete, or the two types are bound to another model already.</exception>
    public static IMlOpsBuilder AddModel<TIn, TOut>(this IMlOpsBuilder builder, string model, Action<ModelBinding<TIn, TOut>> bind)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(model);
        ArgumentNullException.ThrowIfNull(bind);
        var binding = new ModelBinding<TIn, TOut>();
        bind(binding);
        binding.Validate(model);
        var taken = builder.Services.FirstOrDefault(service => !service.IsKeyedService && service.ServiceType == typeof(BoundPredictor<TIn, TOut>));
        if (taken?.ImplementationInstance is BoundPredictor<TIn, TOut> former)
        {
            throw new InvalidDefinitionException(
                $"Model '{model}' and model '{former.Model}' both predict {typeof(TOut).Name} from {typeof(TIn).Name}: give one of them a type of its own.");
        }

        builder.Services.AddSingleton(new BoundPredictor<TIn, TOut>(model));
        builder.Services.TryAddSingleton(provider => provider.GetRequiredService<IMlOpsEnvironments>().Default.Get<IPredictor<TIn, TOut>>());
        return builder.ForEachEnvironment((services, environment) =>
        {
            services.AddMlOpsServing(environment);
            services.TryAddKeyedSingleton<IPredictor<TIn, TOut>>(environment, (provider, _) => new Predictor<TIn, TOut>(
                provider.GetRequiredKeyedService<EndpointSet>(environment).Get(model),
                binding,
                provider.GetKeyedService<IFeatureVectorSourceProvider>(environment),
                provider.GetRequiredKeyedService<EnvironmentContext>(environment).Clock));
        });
    }

    // Remembers which model a pair of types is bound to.
    private sealed record BoundPredictor<TIn, TOut>(string Model);
}
