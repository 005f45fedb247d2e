namespace MlOps.Serving;

/// <summary>Reads output tensors for generated bindings.</summary>
public static class ModelOutputs
{
    /// <summary>The only element of an output.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="outputs">The outputs.</param>
    /// <param name="name">The output.</param>
    /// <returns>The element.</returns>
    /// <exception cref="InvalidInputException">There is no such output, or it holds other elements or not one.</exception>
    public static T Single<T>(IReadOnlyDictionary<string, ModelValue> outputs, string name)
    {
        var elements = Find<T>(outputs, name).Data.Span;
        return elements.Length == 1
            ? elements[0]
            : throw new InvalidInputException($"Output '{name}' has {elements.Length} elements; the property takes one: make it an array.");
    }

    /// <summary>All elements of an output, row-major.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="outputs">The outputs.</param>
    /// <param name="name">The output.</param>
    /// <returns>The elements.</returns>
    /// <exception cref="InvalidInputException">There is no such output, or it holds other elements.</exception>
    public static T[] Array<T>(IReadOnlyDictionary<string, ModelValue> outputs, string name) => Find<T>(outputs, name).Data.ToArray();

    private static TensorValue<T> Find<T>(IReadOnlyDictionary<string, ModelValue> outputs, string name)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        if (!outputs.TryGetValue(name, out var value))
            throw new InvalidInputException($"The model has no output '{name}'. {NearestNames.Describe(name, outputs.Keys)}");
        return value as TensorValue<T> ?? throw new InvalidInputException(
            $"Output '{name}' is {(value is TensorValue tensor ? $"a tensor of {tensor.Type}" : $"a {value.GetType().Name}")}; the property holds {typeof(T).Name}.");
    }
}
