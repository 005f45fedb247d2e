namespace MlOps;

/// <summary>Names a property's feature, or gives it a time to live. Properties without it are features, too, named in snake case.</summary>
/// <param name="name">The feature's name; the property's in snake case when left out.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FeatureAttribute(string? name = null) : Attribute
{
    /// <summary>The feature's name.</summary>
    public string? Name { get; } = name;

    /// <summary>How old a value may be: a whole number and <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>, for instance <c>12h</c>.</summary>
    /// <value>Null by default: as the view says.</value>
    public string? Ttl { get; init; }
}
