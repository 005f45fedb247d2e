namespace MlOps.Reporting;

/// <summary>Steps and what they depend on: a pipeline, a lineage.</summary>
public sealed record DagPlot : Plot
{
    /// <summary>The steps.</summary>
    public required IReadOnlyList<DagNode> Nodes { get; init; }

    /// <summary>The dependencies; those that name no step, or close a circle, are not drawn.</summary>
    public required IReadOnlyList<DagEdge> Edges { get; init; }
}
