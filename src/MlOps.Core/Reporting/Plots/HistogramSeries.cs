namespace MlOps.Reporting;

/// <summary>The counts of one histogram; drawn as shares of their sum.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Counts">Counts (or weights), one per range.</param>
public sealed record HistogramSeries(string Name, IReadOnlyList<double> Counts);
