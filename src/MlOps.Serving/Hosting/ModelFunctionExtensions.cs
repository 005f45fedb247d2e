using Microsoft.Extensions.DependencyInjection;
using MlOps.Registry;
using MlOps.Serving;

namespace MlOps;

/// <summary>Registers functions and ensembles that model versions name.</summary>
public static class ModelFunctionExtensions
{
    /// <summary>Adds an ensemble made in code to every environment; a version of media type <see cref="ModelFunction.MediaType"/> puts it behind an endpoint.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">Its name.</param>
    /// <param name="describe">Adds inputs, steps and outputs.</param>
    /// <returns>The builder.</returns>
    public static IMlOpsBuilder AddEnsemble(this IMlOpsBuilder builder, string name, Action<EnsembleBuilder> describe) =>
        builder.AddModelFunction(ModelFunction.OfEnsemble(name, describe));

    /// <summary>Adds a function over named values to every environment.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">Its name.</param>
    /// <param name="inputs">What it takes.</param>
    /// <param name="outputs">What it gives.</param>
    /// <param name="function">The function.</param>
    /// <returns>The builder.</returns>
    public static IMlOpsBuilder AddModelFunction(this IMlOpsBuilder builder, string name, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs, TensorFunction function) =>
        builder.AddModelFunction(ModelFunction.OfTensors(name, inputs, outputs, function));

    /// <summary>Adds a function over rows of floats to every environment.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">Its name.</param>
    /// <param name="inputWidth">Floats in an input row.</param>
    /// <param name="outputWidth">Floats in an output row.</param>
    /// <param name="function">The function.</param>
    /// <returns>The builder.</returns>
    public static IMlOpsBuilder AddModelFunction(this IMlOpsBuilder builder, string name, int inputWidth, int outputWidth, RowFunction function) =>
        builder.AddModelFunction(ModelFunction.OfRows(name, inputWidth, outputWidth, function));

    /// <summary>Adds a named function to every environment.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="function">The function.</param>
    /// <returns>The builder.</returns>
    public static IMlOpsBuilder AddModelFunction(this IMlOpsBuilder builder, ModelFunction function)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(function);
        return builder.ForEachEnvironment((services, environment) => services.AddKeyedSingleton(environment, function));
    }
}
