namespace MlOps.Features;

/// <summary>A service as it was declared once.</summary>
internal sealed class ServiceEntry
{
    public required string Name { get; init; }

    public required string Hash { get; init; }

    public required Timestamp RecordedAt { get; init; }

    public required long AppliedAt { get; init; }

    public required ServiceDocument Notes { get; init; }

    public required bool IsCurrent { get; init; }

    /// <summary>One per feature, in order.</summary>
    public required (ServiceViewDocument Part, int Number, FeatureDocument? Feature, Governance Rule)[] Features { get; init; }

    public string Id => $"{Name}@{Hash}";

    /// <summary>A service is as visible as the least visible of its features.</summary>
    public FeatureVisibility For(CallerSight sight) => sight.IsOpen
        ? FeatureVisibility.Values
        : Features.Length == 0 ? FeatureVisibility.None : Features.Min(feature => feature.Rule.For(sight));
}
