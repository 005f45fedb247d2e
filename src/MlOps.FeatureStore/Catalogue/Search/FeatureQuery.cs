namespace MlOps.Features;

/// <summary>What to look for in the catalogue. Everything that is given must hold; texts are compared without case.</summary>
public sealed record FeatureQuery
{
    /// <summary>Words, each of which stands in the name, the view's name, a tag, the entity, the owner or the description. Names count most.</summary>
    public string? Text { get; init; }

    /// <summary>A part of the name.</summary>
    public string? Name { get; init; }

    /// <summary>The view's whole name.</summary>
    public string? View { get; init; }

    /// <summary>The entity's whole name.</summary>
    public string? Entity { get; init; }

    /// <summary>The owner as it was declared.</summary>
    public string? Owner { get; init; }

    /// <summary>Tags, all of which the feature, its view or the service bears.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The feature's type.</summary>
    public DataType? Type { get; init; }

    /// <summary>The feature's or the view's sensitivity.</summary>
    public FeatureSensitivity? Sensitivity { get; init; }

    /// <summary>Whether it is deprecated, or a service uses what is; null for both.</summary>
    public bool? Deprecated { get; init; }

    /// <summary>Whether the view is older than it expects to be; null for both.</summary>
    public bool? Stale { get; init; }

    /// <summary>What to look for; everything when empty.</summary>
    public IReadOnlyList<CatalogueKind> Kinds { get; init; } = [];

    /// <summary>Also older versions of views, and services as they were declared before.</summary>
    /// <value>False by default.</value>
    public bool AllVersions { get; init; }

    /// <summary>How many hits to leave out.</summary>
    public int Skip { get; init; }

    /// <summary>How many hits to return.</summary>
    /// <value>20 by default; 1 to 1,000.</value>
    public int Take { get; init; } = 20;
}
