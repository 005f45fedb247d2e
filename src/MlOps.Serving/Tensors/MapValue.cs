namespace MlOps.Serving;

/// <summary>Keys and their values, as ONNX-ML classifiers give them: label to probability.</summary>
/// <param name="keys">The keys: text or 64-bit integers, one dimension.</param>
/// <param name="values">One value per key.</param>
public sealed class MapValue(TensorValue keys, TensorValue values) : ModelValue
{
    /// <summary>The keys: text or 64-bit integers.</summary>
    public TensorValue Keys { get; } = keys ?? throw new ArgumentNullException(nameof(keys));

    /// <summary>One value per key, in the order of <see cref="Keys"/>.</summary>
    public TensorValue Values { get; } = values ?? throw new ArgumentNullException(nameof(values));
}
