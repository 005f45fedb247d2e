namespace MlOps.Features;

/// <summary>One part of a view's entity key.</summary>
/// <param name="Name">The key's name, by which services map it.</param>
/// <param name="Column">The column of the rows; String, Int32 or Int64, never null.</param>
public sealed record FeatureKey(string Name, string Column);
