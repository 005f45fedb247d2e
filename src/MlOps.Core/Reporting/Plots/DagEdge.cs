namespace MlOps.Reporting;

/// <summary>A dependency.</summary>
/// <param name="From">The step that comes first.</param>
/// <param name="To">The step that needs it.</param>
public sealed record DagEdge(string From, string To);
