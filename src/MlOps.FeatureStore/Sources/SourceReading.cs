namespace MlOps.Features;

/// <summary>What a source is told when it is read.</summary>
internal sealed record SourceReading(FeatureStore Store, EnvironmentContext Context, ViewPlan Plan, SourceOptions Options)
{
    public SourceColumns Columns { get; } = new(Plan);

    public int RowsPerBatch => Options.RowsPerBatch;
}
