namespace MlOps.Features;

/// <summary>A recorded version of a view.</summary>
internal sealed class ViewEntry
{
    public required string Name { get; init; }

    public required int Version { get; init; }

    public required string Hash { get; init; }

    public required string Definition { get; init; }

    public required Timestamp RecordedAt { get; init; }

    public required ViewDocument Notes { get; init; }

    /// <summary>By the place of the feature; set when all versions are known.</summary>
    public Governance[] Rules { get; set; } = [];

    /// <summary>The owner that the newest version names.</summary>
    public string? Owner { get; set; }

    public string Id => $"{Name}.v{Version}";

    /// <summary>A view is as visible as the most visible of its features.</summary>
    public FeatureVisibility For(CallerSight sight) => sight.IsOpen || sight.IsOwner(Owner)
        ? FeatureVisibility.Values
        : Rules.Length == 0 ? FeatureVisibility.None : Rules.Max(rule => rule.For(sight));

    public bool IsWhole(CallerSight sight) => sight.IsOpen || Rules.All(rule => rule.For(sight) != FeatureVisibility.None);

    public bool IsGoverned(CallerSight sight) => sight.IsOpen || sight.IsOwner(Owner);
}
