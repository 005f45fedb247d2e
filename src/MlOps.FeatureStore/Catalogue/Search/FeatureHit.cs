namespace MlOps.Features;

/// <summary>A feature, view, service or entity that was found.</summary>
public sealed record FeatureHit
{
    /// <summary>What it is.</summary>
    public required CatalogueKind Kind { get; init; }

    /// <summary>Its name; a feature's within its view.</summary>
    public required string Name { get; init; }

    /// <summary>A feature's view; null for others.</summary>
    public string? View { get; init; }

    /// <summary>The version of the view or the service; 0 for entities.</summary>
    public int Version { get; init; }

    /// <summary>A service's identity, <c>name@hash</c>; null for others.</summary>
    public string? Id { get; init; }

    /// <summary>The entity.</summary>
    public string? Entity { get; init; }

    /// <summary>The owner.</summary>
    public string? Owner { get; init; }

    /// <summary>What it means.</summary>
    public string? Description { get; init; }

    /// <summary>Its tags; a feature's after its view's.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>A feature's type.</summary>
    public DataType? Type { get; init; }

    /// <summary>How sensitive it is; null for services and entities.</summary>
    public FeatureSensitivity? Sensitivity { get; init; }

    /// <summary>Why it should no longer be used; null while it may be.</summary>
    public FeatureDeprecation? Deprecation { get; init; }

    /// <summary>How many services use it as they are declared now, those among them that the caller may not see.</summary>
    public int UsedBy { get; init; }

    /// <summary>How far the caller sees it; for a view, its most visible feature; for a service, its least visible one.</summary>
    public FeatureVisibility Visibility { get; init; }

    /// <summary>How fresh the view is; null for services and entities.</summary>
    public FeatureFreshness? Freshness { get; init; }

    /// <summary>A feature's newest statistics; null when none were computed.</summary>
    public FeatureStatistics? Statistics { get; init; }
}
