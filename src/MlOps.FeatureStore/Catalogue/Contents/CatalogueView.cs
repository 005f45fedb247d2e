namespace MlOps.Features;

/// <summary>All that the catalogue knows of one version of a view.</summary>
public sealed record CatalogueView
{
    /// <summary>The view's name.</summary>
    public required string Name { get; init; }

    /// <summary>The version.</summary>
    public required int Version { get; init; }

    /// <summary>The definition's hash.</summary>
    public required string Hash { get; init; }

    /// <summary>When this version was first recorded.</summary>
    public required Timestamp RecordedAt { get; init; }

    /// <summary>The definition as text; null unless the caller may see every feature.</summary>
    public string? Definition { get; init; }

    /// <summary>The entity; null when the view names none.</summary>
    public string? Entity { get; init; }

    /// <summary>The keys.</summary>
    public IReadOnlyList<FeatureKey> Keys { get; init; } = [];

    /// <summary>What the view is for.</summary>
    public string? Description { get; init; }

    /// <summary>Who answers for it.</summary>
    public string? Owner { get; init; }

    /// <summary>Its tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>How sensitive its values are where a feature does not say otherwise.</summary>
    public FeatureSensitivity Sensitivity { get; init; }

    /// <summary>Why it should no longer be used; null while it may be.</summary>
    public FeatureDeprecation? Deprecation { get; init; }

    /// <summary>With whom it is shared; null for callers other than administrators and the owner.</summary>
    public IReadOnlyList<FeatureShare>? Sharing { get; init; }

    /// <summary>The features that the caller may see.</summary>
    public required IReadOnlyList<CatalogueFeature> Features { get; init; }

    /// <summary>The services that use the view and that the caller may see, as <c>name@hash</c>.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>How fresh it is.</summary>
    public required FeatureFreshness Freshness { get; init; }
}
