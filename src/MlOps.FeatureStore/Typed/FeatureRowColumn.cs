namespace MlOps.Features;

/// <summary>One property of a row type: its column, its feature, its type.</summary>
public sealed record FeatureRowColumn
{
    /// <summary>The column's and the feature's name.</summary>
    public required string Name { get; init; }

    /// <summary>The property.</summary>
    public required string Property { get; init; }

    /// <summary>The values' type.</summary>
    public required DataType Type { get; init; }

    /// <summary>Whether a value may be missing: a nullable property, or a float, which has NaN.</summary>
    public bool IsNullable { get; init; }

    /// <summary>What it stands for.</summary>
    public FeatureRowRole Role { get; init; }

    /// <summary>Whether it is a plain feature of its view.</summary>
    /// <value>True by default.</value>
    public bool IsPlain { get; init; } = true;

    /// <summary>How old a plain value may be, such as <c>12h</c>.</summary>
    /// <value>Null by default: as the view says.</value>
    public string? TimeToLive { get; init; }

    /// <summary>The windows of an aggregation, such as <c>1h, 7d</c>.</summary>
    /// <value>Null by default: not aggregated.</value>
    public string? Windows { get; init; }

    /// <summary>What is computed over each window.</summary>
    public IReadOnlyList<AggregateFunction> Functions { get; init; } = [];

    /// <summary>Units per 1.0 of an aggregation.</summary>
    /// <value>1000 by default.</value>
    public int Scale { get; init; } = 1000;
}
