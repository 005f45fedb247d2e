namespace MlOps.Features;

/// <summary>The value that a share of the values does not exceed.</summary>
/// <param name="Share">From 0 to 1.</param>
/// <param name="Value">The value.</param>
public readonly record struct FeatureQuantile(double Share, double Value);
