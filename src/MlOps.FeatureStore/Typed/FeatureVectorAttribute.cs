namespace MlOps;

/// <summary>Marks a partial class, record or struct as the answer of a feature service: its properties name features. Keys and times are not needed.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class FeatureVectorAttribute : Attribute;
