namespace MlOps.Features;

/// <summary>What the catalogue stores of one feature of a view. Its sensitivity, deprecation and sharing are the effective ones.</summary>
internal sealed record FeatureDocument
{
    public required string Name { get; init; }

    public DataType Type { get; init; }

    public string Formula { get; init; } = "";

    public string? Description { get; init; }

    public string[] Tags { get; init; } = [];

    public FeatureSensitivity Sensitivity { get; init; }

    public DeprecationDocument? Deprecation { get; init; }

    public string[] Sharing { get; init; } = [];
}
