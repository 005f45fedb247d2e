namespace MlOps.Registry;

/// <summary>How far lineage is followed.</summary>
public sealed record LineageOptions
{
    /// <summary>Edges from the node asked for to the farthest one.</summary>
    /// <value>Default: 12. Range: 1 to 50.</value>
    public int Depth { get; init; } = 12;

    /// <summary>Nodes at most.</summary>
    /// <value>Default: 500. Range: 1 to 5,000.</value>
    public int MaximumNodes { get; init; } = 500;
}
