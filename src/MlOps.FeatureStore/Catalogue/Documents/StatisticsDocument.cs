namespace MlOps.Features;

/// <summary>Stored statistics of one feature.</summary>
internal sealed record StatisticsDocument
{
    public long Rows { get; init; }

    public long Missing { get; init; }

    public FeatureDistribution? Distribution { get; init; }

    public FeatureValueCount[] Top { get; init; } = [];
}
