namespace MlOps.Serving;

/// <summary>How a type becomes a model's input.</summary>
/// <typeparam name="T">The type.</typeparam>
/// <param name="names">The features or input tensors, in order.</param>
/// <param name="encode">Writes the features; null where not all values are single numbers.</param>
/// <param name="addTensors">Adds the input tensors; values that are null are left out.</param>
/// <param name="key">Reads the key that requests are assigned to variants by.</param>
public sealed class ModelInputBinding<T>(
    IReadOnlyList<string> names, FeatureEncoder<T>? encode, Action<T, IDictionary<string, ModelValue>> addTensors, Func<T, string?>? key = null)
{
    /// <summary>The features or input tensors, in order.</summary>
    public IReadOnlyList<string> Names { get; } = names;

    /// <summary>Writes the features; null where not all values are single numbers.</summary>
    public FeatureEncoder<T>? Encode { get; } = encode;

    /// <summary>Adds the input tensors.</summary>
    public Action<T, IDictionary<string, ModelValue>> AddTensors { get; } = addTensors;

    /// <summary>Reads the key that requests are assigned to variants by.</summary>
    public Func<T, string?>? Key { get; } = key;
}
