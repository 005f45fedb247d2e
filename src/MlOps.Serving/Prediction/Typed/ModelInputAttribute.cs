namespace MlOps;

/// <summary>
/// Marks a partial class, record or struct as what a model takes: a source generator writes how it becomes features or tensors. Every public
/// property that a constructor or setter fills is a value: numbers and flags are features in the order of declaration, named in snake case; as
/// soon as there are arrays or texts, each property is an input tensor of its own, with a batch dimension of 1 in front.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class ModelInputAttribute : Attribute;
