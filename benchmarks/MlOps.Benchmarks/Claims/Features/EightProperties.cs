namespace MlOps.Benchmarks.Claims.Features;

/// <summary>A row of a view.</summary>
[FeatureRow]
internal sealed partial record EightProperties(string Id, [property: EventTime] Timestamp At, double A, double B, int C, float D, bool E, long F);
