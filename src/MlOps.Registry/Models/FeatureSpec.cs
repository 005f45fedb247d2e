namespace MlOps.Registry;

/// <summary>What a feature, an input or an output means. Optional: what is left empty is not declared and not compared.</summary>
/// <param name="Name">The name of a feature of the signature, or of one of its tensors.</param>
public sealed record FeatureSpec(string Name)
{
    /// <summary>Its type in the words of its source, for instance <c>float</c>, <c>category</c>, <c>timestamp</c>.</summary>
    /// <value>Default: empty, not declared.</value>
    public string Type { get; init; } = "";

    /// <summary>Its unit, for instance <c>km</c> or, after UCUM, <c>min</c>.</summary>
    /// <value>Default: empty, not declared.</value>
    public string Unit { get; init; } = "";

    /// <summary>The values that it may take, in the order of their codes.</summary>
    /// <value>Default: empty, any value.</value>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Whether it may be missing.</summary>
    /// <value>Default: null, not declared.</value>
    public bool? Nullable { get; init; }

    /// <summary>What it means, for people.</summary>
    /// <value>Default: empty.</value>
    public string Description { get; init; } = "";
}
