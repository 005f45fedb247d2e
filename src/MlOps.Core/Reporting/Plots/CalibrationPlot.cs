namespace MlOps.Reporting;

/// <summary>Predicted probability against observed share, by bins, with the diagonal of perfect calibration; points grow with their bin.</summary>
public sealed record CalibrationPlot : Plot
{
    /// <summary>The models compared.</summary>
    public required IReadOnlyList<CalibrationSeries> Series { get; init; }
}
