namespace MlOps;

/// <summary>
/// Marks a partial class, record or struct as what a model's scores mean: a source generator writes how it is made of them. Where all are
/// <c>float</c> or <c>double</c> without <see cref="ModelTensorAttribute"/>, they take the scores in the order of declaration, an array of floats at the
/// end the rest; otherwise, and for inputs in tensors, each property is the output of its name.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class ModelOutputAttribute : Attribute;
