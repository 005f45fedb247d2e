namespace MlOps.Reporting;

/// <summary>A vertical mark on a line plot.</summary>
/// <param name="X">Where, in units of the horizontal axis.</param>
/// <param name="Label">What happened there; a few words.</param>
public sealed record PlotMark(double X, string Label);
