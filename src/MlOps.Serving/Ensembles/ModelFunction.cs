using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>
/// A function or ensemble known by name, for model versions and ensembles to name it: a version whose predict artifact has the media type
/// <see cref="MediaType"/> is a JSON object <c>{"function": "name"}</c>. Registered as services keyed by environment.
/// </summary>
public sealed class ModelFunction
{
    /// <summary>The media type of artifacts that name a function.</summary>
    public const string MediaType = "application/vnd.mlops.function+json";

    /// <summary>The media type of artifacts that describe an ensemble.</summary>
    public const string EnsembleMediaType = "application/vnd.mlops.ensemble+json";

    private readonly Func<Func<ModelVersionRef, CancellationToken, ValueTask<IModelRuntime>>, CancellationToken, ValueTask<IModelRuntime>> _create;

    private ModelFunction(
        string name, TensorFunction? tensors, Func<Func<ModelVersionRef, CancellationToken, ValueTask<IModelRuntime>>, CancellationToken, ValueTask<IModelRuntime>> create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        (Name, Tensors, _create) = (name, tensors, create);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    internal TensorFunction? Tensors { get; }

    /// <summary>A function over named values, also for steps of ensembles.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="inputs">What it takes.</param>
    /// <param name="outputs">What it gives.</param>
    /// <param name="function">The function.</param>
    /// <returns>The function by name.</returns>
    public static ModelFunction OfTensors(string name, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs, TensorFunction function)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(function);
        return new ModelFunction(name, function, (_, _) => new(ManagedModelRuntime.OfTensors(name, inputs, outputs, function)));
    }

    /// <summary>A function over rows of floats, which is served in batches as a model with one input and one output.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="inputWidth">Floats in an input row.</param>
    /// <param name="outputWidth">Floats in an output row.</param>
    /// <param name="function">The function.</param>
    /// <returns>The function by name.</returns>
    public static ModelFunction OfRows(string name, int inputWidth, int outputWidth, RowFunction function)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputWidth, 1);
        ArgumentNullException.ThrowIfNull(function);
        return new ModelFunction(name, null, (_, _) => new(ManagedModelRuntime.OfRows(name, inputWidth, outputWidth, function)));
    }

    /// <summary>An ensemble made in code, whose steps may be versions of the environment's registry.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="describe">Adds inputs, steps and outputs; called at each load.</param>
    /// <returns>The ensemble by name.</returns>
    public static ModelFunction OfEnsemble(string name, Action<EnsembleBuilder> describe)
    {
        ArgumentNullException.ThrowIfNull(describe);
        return new ModelFunction(name, null, (load, cancellationToken) =>
        {
            var builder = new EnsembleBuilder(name);
            describe(builder);
            return builder.BuildAsync(load, cancellationToken);
        });
    }

    internal ValueTask<IModelRuntime> CreateAsync(Func<ModelVersionRef, CancellationToken, ValueTask<IModelRuntime>> load, CancellationToken cancellationToken) => _create(load, cancellationToken);
}
