namespace MlOps.Features;

/// <summary>A frequent value.</summary>
/// <param name="Value">The value as text.</param>
/// <param name="Count">How often it stands there; when not exact, at most so often.</param>
/// <param name="IsExact">Whether the count is exact: it is while a feature has few different values.</param>
public sealed record FeatureValueCount(string Value, long Count, bool IsExact);
