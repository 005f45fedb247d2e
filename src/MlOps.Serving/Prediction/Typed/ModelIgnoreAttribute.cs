namespace MlOps;

/// <summary>Leaves a property out of what a model takes or gives.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ModelIgnoreAttribute : Attribute;
