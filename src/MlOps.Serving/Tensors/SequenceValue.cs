namespace MlOps.Serving;

/// <summary>A list of values of one kind, which some ONNX models take and ONNX-ML classifiers give (a map of probabilities per row).</summary>
/// <param name="items">The values.</param>
public sealed class SequenceValue(IReadOnlyList<ModelValue> items) : ModelValue
{
    /// <summary>The values.</summary>
    public IReadOnlyList<ModelValue> Items { get; } = items ?? throw new ArgumentNullException(nameof(items));
}
