namespace MlOps.Registry;

/// <summary>A named tensor of a model's signature.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="ElementType">The ONNX element type in lower case, for instance <c>float</c>, <c>int64</c>, <c>string</c>.</param>
/// <param name="Shape">One entry per dimension: a number, or a symbol such as <c>N</c> for a dimension that varies.</param>
public sealed record TensorSpec(string Name, string ElementType, IReadOnlyList<string> Shape);
