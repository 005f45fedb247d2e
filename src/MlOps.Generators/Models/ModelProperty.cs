namespace MlOps.Generators;

/// <summary>A property of a model's input or output as the emitter needs it.</summary>
/// <param name="Name">The property.</param>
/// <param name="Tensor">Its feature, input or output.</param>
/// <param name="Element">The C# type of its elements, fully qualified.</param>
/// <param name="IsArray">Whether it holds several.</param>
/// <param name="IsNullable">Whether it may be null.</param>
/// <param name="IsNumber">Whether its elements can be a feature (numbers and flags) or a score (floating point without a name of its own).</param>
/// <param name="Shape">The dimensions after the batch, where they are fixed.</param>
/// <param name="IsScalar">Whether the tensor has no dimensions.</param>
internal sealed record ModelProperty(
    string Name, string Tensor, string Element, bool IsArray, bool IsNullable, bool IsNumber, EquatableArray<int> Shape, bool IsScalar);
