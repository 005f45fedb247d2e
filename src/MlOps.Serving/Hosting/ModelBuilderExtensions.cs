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
        return Add<TIn, TOut>(builder, model, (provider, environment) => new Predictor<TIn, TOut>(
            provider.GetRequiredKeyedService<EndpointSet>(environment).Get(model),
            binding,
            provider.GetKeyedService<IFeatureVectorSourceProvider>(environment),
            provider.GetRequiredKeyedService<EnvironmentContext>(environment).Clock));
    }

    /// <summary>
    /// Adds <see cref="IPredictor{TIn,TOut}"/> for a model whose input and output are bound by the source generator: types marked
    /// <see cref="ModelInputAttribute"/> and <see cref="ModelOutputAttribute"/>.
    /// </summary>
    /// <typeparam name="TIn">What a request carries.</typeparam>
    /// <typeparam name="TOut">What the model's outputs mean.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="model">The model, which is also the endpoint's name.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidDefinitionException">The two types are bound to another model already.</exception>
    public static IMlOpsBuilder AddModel<TIn, TOut>(this IMlOpsBuilder builder, string model)
        where TIn : IModelInput<TIn>
        where TOut : IModelOutput<TOut>
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(model);
        var (input, output) = (TIn.Binding, TOut.Binding);
        if (input.Encode is not null && output.Decode is not null)
            return builder.AddModel<TIn, TOut>(model, binding => binding.Input().Output());
        return Add<TIn, TOut>(builder, model, (provider, environment) => new TensorPredictor<TIn, TOut>(
            provider.GetRequiredKeyedService<EndpointSet>(environment).Get(model), input, output));
    }

    /// <summary>Adds <see cref="IPredictor{TIn,TOut}"/> of a single score for a model whose input is bound by the source generator.</summary>
    /// <typeparam name="TIn">What a request carries; marked <see cref="ModelInputAttribute"/>, numbers and flags only.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="model">The model, which is also the endpoint's name.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidDefinitionException">The input holds arrays or texts, or the type is bound to another model already.</exception>
    public static IMlOpsBuilder AddModel<TIn>(this IMlOpsBuilder builder, string model)
        where TIn : IModelInput<TIn> =>
        builder.AddModel<TIn, float>(model, binding => binding.Input().Decode(static scores => scores[0]));

    /// <summary>Takes the features and the sticky key of a type that the source generator has bound.</summary>
    /// <typeparam name="TIn">The request.</typeparam>
    /// <typeparam name="TOut">The answer.</typeparam>
    /// <param name="binding">The binding.</param>
    /// <returns>The binding.</returns>
    /// <exception cref="InvalidDefinitionException">The type holds arrays or texts, which are no features.</exception>
    public static ModelBinding<TIn, TOut> Input<TIn, TOut>(this ModelBinding<TIn, TOut> binding)
        where TIn : IModelInput<TIn>
    {
        ArgumentNullException.ThrowIfNull(binding);
        var input = TIn.Binding;
        binding.Encode(input.Names, input.Encode ?? throw new InvalidDefinitionException(
            $"{typeof(TIn).Name} holds arrays or texts, which are tensors and no features: add the model by AddModel<{typeof(TIn).Name}, {typeof(TOut).Name}>(name) with a [ModelOutput] type."));
        return input.Key is { } key ? binding.StickyBy(key) : binding;
    }

    /// <summary>Makes the answer as the source generator has bound it.</summary>
    /// <typeparam name="TIn">The request.</typeparam>
    /// <typeparam name="TOut">The answer.</typeparam>
    /// <param name="binding">The binding.</param>
    /// <returns>The binding.</returns>
    /// <exception cref="InvalidDefinitionException">The type is not made of numbers only.</exception>
    public static ModelBinding<TIn, TOut> Output<TIn, TOut>(this ModelBinding<TIn, TOut> binding)
        where TOut : IModelOutput<TOut>
    {
        ArgumentNullException.ThrowIfNull(binding);
        var output = TOut.Binding;
        var decode = output.Decode ?? throw new InvalidDefinitionException($"{typeof(TOut).Name} is not made of scores: all its values must be numbers, with at most one array of floats at the end.");
        return binding.Decode(scores => scores.Length >= output.Scores
            ? decode(scores)
            : throw new InvalidDefinitionException($"{typeof(TOut).Name} is made of {output.Scores} scores ({string.Join(", ", output.Names)}); the model gives {scores.Length}."));
    }

    private static IMlOpsBuilder Add<TIn, TOut>(IMlOpsBuilder builder, string model, Func<IServiceProvider, string, IPredictor<TIn, TOut>> create)
    {
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
            services.TryAddKeyedSingleton<IPredictor<TIn, TOut>>(environment, (provider, _) => create(provider, environment));
        });
    }

    // Remembers which model a pair of types is bound to.
    private sealed record BoundPredictor<TIn, TOut>(string Model);
}
