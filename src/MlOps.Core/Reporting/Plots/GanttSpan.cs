namespace MlOps.Reporting;

/// <summary>Something that ran.</summary>
/// <param name="Row">The line it stands on, such as the step's name.</param>
/// <param name="Start">When it began, in seconds from the start of all.</param>
/// <param name="End">When it ended, likewise.</param>
/// <param name="State">How it went.</param>
/// <param name="Label">More about it, for the tooltip, such as the attempt; null for none.</param>
public sealed record GanttSpan(string Row, double Start, double End, PlotState State = PlotState.Succeeded, string? Label = null);
