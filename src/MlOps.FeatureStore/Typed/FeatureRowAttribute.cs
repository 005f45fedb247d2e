namespace MlOps;

/// <summary>
/// Marks a partial class, record or struct as rows of a feature view: the generator writes its binding to columns, to feature vectors and its
/// view's definition. It needs a key (<see cref="FeatureKeyAttribute"/>, or a property <c>Id</c>) and an <see cref="EventTimeAttribute"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class FeatureRowAttribute : Attribute;
