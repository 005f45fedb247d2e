namespace MlOps.Features;

/// <summary>What a definition says of one feature besides how it is computed. None of it is part of the definition's hash.</summary>
public sealed record FeatureNotes
{
    /// <summary>The feature's name within its view.</summary>
    public required string Name { get; init; }

    /// <summary>What it means.</summary>
    public string? Description { get; init; }

    /// <summary>Its own tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>How sensitive its values are: its own class, or the view's.</summary>
    public FeatureSensitivity Sensitivity { get; init; } = FeatureSensitivity.Internal;

    /// <summary>Why it should no longer be used: its own deprecation, or the view's; null while it may be.</summary>
    public FeatureDeprecation? Deprecation { get; init; }

    /// <summary>With whom it is shared: its own settings, which replace the view's, or the view's. Empty: with nobody but administrators and the owner.</summary>
    public IReadOnlyList<FeatureShare> Sharing { get; init; } = [];
}
