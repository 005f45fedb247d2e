namespace MlOps.Monitoring;

/// <summary>How one column of a window differs from the reference.</summary>
/// <param name="Column">The column.</param>
/// <param name="Index">The population stability index; missing values are a bin of their own.</param>
/// <param name="PValue">The index's calibrated p-value, adjusted for the number of columns.</param>
/// <param name="KolmogorovSmirnov">The greatest distance of the distribution functions at the reference's edges.</param>
/// <param name="MeanShift">The difference of the means in standard deviations of the reference.</param>
/// <param name="MissingShare">The share of rows without a value in the window.</param>
/// <param name="Drifted">Whether the rule calls it drift.</param>
public sealed record ColumnDrift(string Column, double Index, double PValue, double KolmogorovSmirnov, double MeanShift, double MissingShare, bool Drifted);
