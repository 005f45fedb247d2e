namespace MlOps.Features;

/// <summary>How the values of a numeric feature are spread; NaN and null are left out.</summary>
/// <param name="Min">The smallest.</param>
/// <param name="Max">The greatest.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="StandardDeviation">Their sample standard deviation; 0 for a single value.</param>
/// <param name="Quantiles">Quantiles, the smallest share first: exact up to 1,024 values, beyond by a sketch whose rank is off by less than a percent or so.</param>
public sealed record FeatureDistribution(double Min, double Max, double Mean, double StandardDeviation, IReadOnlyList<FeatureQuantile> Quantiles);
