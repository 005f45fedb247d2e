namespace MlOps.Features;

/// <summary>A named, ordered set of features of several views: what a model uses. Immutable.</summary>
public sealed partial class FeatureService
{
    internal FeatureService(string name, string? description, IReadOnlyList<FeatureServiceView> views)
    {
        Name = name;
        Description = description;
        Views = views;
    }

    /// <summary>The service's name.</summary>
    public string Name { get; }

    /// <summary>What it is for.</summary>
    public string? Description { get; }

    /// <summary>Its views in order.</summary>
    public IReadOnlyList<FeatureServiceView> Views { get; }

    /// <summary>What a request carries besides its keys, in order.</summary>
    public IReadOnlyList<RequestInput> RequestInputs { get; internal init; } = [];

    /// <summary>The features that are computed from request values and other features, in order.</summary>
    public IReadOnlyList<ComputedFeature> Computed { get; internal init; } = [];

    /// <summary>The features, by name in the service, that are only used in computing others and not returned.</summary>
    public IReadOnlyList<string> HiddenFeatures { get; internal init; } = [];

    /// <summary>Defines a service.</summary>
    /// <param name="name">The service's name.</param>
    /// <returns>The builder.</returns>
    public static FeatureServiceBuilder Define(string name) => new(name);

    /// <inheritdoc />
    public override string ToString() => Name;
}
