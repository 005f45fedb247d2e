namespace MlOps.Reporting;

/// <summary>An axis.</summary>
/// <param name="Label">What it measures.</param>
/// <param name="Unit">The unit, shown after the label; null for none.</param>
/// <param name="Scale">How values are laid out and written.</param>
/// <param name="Min">Where it begins at the latest; null leaves it to the data.</param>
/// <param name="Max">Where it ends at the earliest; null leaves it to the data.</param>
public sealed record PlotAxis(string Label, string? Unit = null, AxisScale Scale = AxisScale.Linear, double? Min = null, double? Max = null);
