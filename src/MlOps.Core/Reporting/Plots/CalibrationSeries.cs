namespace MlOps.Reporting;

/// <summary>The bins of one model.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Bins">The bins, by rising prediction.</param>
public sealed record CalibrationSeries(string Name, IReadOnlyList<CalibrationBin> Bins);
