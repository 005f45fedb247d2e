namespace MlOps.Reporting;

/// <summary>A key figure.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Value">The figure as it shall read, unit included.</param>
/// <param name="Note">What to compare it with, such as a bound or the figure before; null for none.</param>
/// <param name="Tone">Whether it is good or bad news.</param>
public sealed record Tile(string Label, string Value, string? Note = null, TileTone Tone = TileTone.Neutral);
