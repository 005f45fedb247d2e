namespace MlOps.Registry;

/// <summary>What a run logged since its last write. Series carry the place of their first point, so that writing a batch twice changes nothing.</summary>
internal sealed class RunBatch
{
    public Dictionary<string, string> Parameters { get; } = new(StringComparer.Ordinal);

    /// <summary>Labels; null takes one away.</summary>
    public Dictionary<string, string?> Tags { get; } = new(StringComparer.Ordinal);

    public Dictionary<(string Name, string Role), RunInput> Inputs { get; } = [];

    public List<SeriesBlock> Series { get; } = [];

    public int Points { get; set; }

    public bool IsEmpty => Points == 0 && Parameters.Count == 0 && Tags.Count == 0 && Inputs.Count == 0;

    /// <summary>The points of one metric within a batch, and the metric's latest point after them.</summary>
    internal readonly record struct SeriesBlock(string Name, long First, List<MetricPoint> Points, MetricPoint Latest);
}
