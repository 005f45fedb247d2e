namespace MlOps.Features;

/// <summary>All that the catalogue knows of a service as it was declared once.</summary>
public sealed record CatalogueService
{
    /// <summary>The service's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required int Version { get; init; }

    /// <summary>Its identity, <c>name@hash</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Whether it is declared so now.</summary>
    public required bool IsCurrent { get; init; }

    /// <summary>When it was first recorded.</summary>
    public required Timestamp RecordedAt { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>Who answers for it.</summary>
    public string? Owner { get; init; }

    /// <summary>Its tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Its features in order.</summary>
    public required IReadOnlyList<CatalogueServiceFeature> Features { get; init; }
}
