namespace MlOps;

/// <summary>Marks a property as a part of the entity's key. Without one, a property <c>Id</c> is the key.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FeatureKeyAttribute : Attribute
{
    /// <summary>The key's name, and its column's.</summary>
    /// <value>The property's name in snake case by default.</value>
    public string? Name { get; init; }
}
