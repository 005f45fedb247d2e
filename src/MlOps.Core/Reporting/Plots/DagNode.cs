namespace MlOps.Reporting;

/// <summary>A step.</summary>
/// <param name="Id">What edges call it.</param>
/// <param name="Label">Its name.</param>
/// <param name="State">How it went.</param>
/// <param name="Detail">A few words below the name, such as a duration; null for none.</param>
public sealed record DagNode(string Id, string Label, PlotState State = PlotState.Waiting, string? Detail = null);
