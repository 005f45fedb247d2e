namespace MlOps.Reporting;

/// <summary>A bar.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Value">Its length.</param>
public sealed record Bar(string Label, double Value);
