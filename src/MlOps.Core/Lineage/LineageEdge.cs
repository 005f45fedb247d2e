namespace MlOps;

/// <summary>That one node went into another.</summary>
/// <param name="From">What came first.</param>
/// <param name="To">What was made of it.</param>
/// <param name="Kind">How.</param>
/// <param name="Detail">More for people, such as a role, a name or a count; may be empty.</param>
public sealed record LineageEdge(LineageNode From, LineageNode To, LineageEdgeKind Kind, string Detail = "");
