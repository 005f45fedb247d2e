namespace MlOps.Features;

/// <summary>
/// Statistics of one feature over the offline store: its value at every stored row, at the moment when that row became known, which is what
/// training on every row would see.
/// </summary>
public sealed record FeatureStatistics
{
    /// <summary>The feature's name within its view.</summary>
    public required string Feature { get; init; }

    /// <summary>When they were computed.</summary>
    public required Timestamp ComputedAt { get; init; }

    /// <summary>Rows that were looked at.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows without a value: null, NaN or expired.</summary>
    public required long Missing { get; init; }

    /// <summary>Rows with a value.</summary>
    public long Count => Rows - Missing;

    /// <summary>The spread of a numeric feature; null for other types, without values, for <see cref="FeatureSensitivity.Personal"/> features, and for callers who may not read values.</summary>
    public FeatureDistribution? Distribution { get; init; }

    /// <summary>The most frequent values, at most ten; empty where <see cref="Distribution"/> would be closed too.</summary>
    public IReadOnlyList<FeatureValueCount> Top { get; init; } = [];
}
