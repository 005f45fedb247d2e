namespace MlOps.Learning;

/// <summary>How much a model leans on one feature.</summary>
/// <param name="Feature">The feature's name.</param>
/// <param name="Value">Trees: the summed loss reduction of its splits. Linear: the absolute coefficient per standard deviation.</param>
/// <param name="Share"><paramref name="Value"/> over the sum of all features, 0 to 1; 0 where no feature is used.</param>
public sealed record FeatureImportance(string Feature, double Value, double Share);
