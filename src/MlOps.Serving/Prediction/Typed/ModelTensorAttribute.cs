namespace MlOps;

/// <summary>Names the feature, input or output that a property stands for, and its dimensions.</summary>
/// <param name="name">The name; the property's in snake case when null.</param>
/// <param name="shape">The dimensions after the batch, for instance <c>3, 224, 224</c>; none for as many elements as the array has.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ModelTensorAttribute(string? name = null, params int[] shape) : Attribute
{
    /// <summary>The name.</summary>
    public string? Name { get; } = name;

    /// <summary>The dimensions after the batch.</summary>
    public IReadOnlyList<int> Shape { get; } = shape;

    /// <summary>Whether the tensor has no dimensions at all, not even that of the batch.</summary>
    public bool IsScalar { get; init; }
}
