namespace MlOps.Features;

/// <summary>All that the catalogue knows of one feature.</summary>
public sealed record CatalogueFeature
{
    /// <summary>Its view.</summary>
    public required string View { get; init; }

    /// <summary>The view's version.</summary>
    public required int Version { get; init; }

    /// <summary>Its name within the view.</summary>
    public required string Name { get; init; }

    /// <summary>Its type.</summary>
    public required DataType Type { get; init; }

    /// <summary>How it is computed, in a few words.</summary>
    public required string Formula { get; init; }

    /// <summary>What it means.</summary>
    public string? Description { get; init; }

    /// <summary>Its own tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>How sensitive its values are.</summary>
    public FeatureSensitivity Sensitivity { get; init; }

    /// <summary>Why it should no longer be used; null while it may be.</summary>
    public FeatureDeprecation? Deprecation { get; init; }

    /// <summary>How far the caller sees it.</summary>
    public required FeatureVisibility Visibility { get; init; }

    /// <summary>With whom it is shared; null for callers other than administrators and the view's owner.</summary>
    public IReadOnlyList<FeatureShare>? Sharing { get; init; }

    /// <summary>How many services use it as they are declared now.</summary>
    public int UsedBy { get; init; }

    /// <summary>The services among them that the caller may see, as <c>name@hash</c>.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Its newest statistics; null when none were computed.</summary>
    public FeatureStatistics? Statistics { get; init; }
}
