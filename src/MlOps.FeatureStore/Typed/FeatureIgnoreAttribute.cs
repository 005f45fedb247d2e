namespace MlOps;

/// <summary>Keeps a property out of columns and features.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FeatureIgnoreAttribute : Attribute;
