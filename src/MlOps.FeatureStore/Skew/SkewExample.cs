namespace MlOps.Features;

/// <summary>One value that differs.</summary>
/// <param name="Keys">The request's keys in the order of the service.</param>
/// <param name="AsOf">The request's moment.</param>
/// <param name="ServedAt">When it was served, by the server's clock.</param>
/// <param name="Served">What was served; NaN is no value.</param>
/// <param name="Recomputed">What the offline store yields as known then; NaN is no value.</param>
public sealed record SkewExample(IReadOnlyList<string> Keys, Timestamp AsOf, Timestamp ServedAt, float Served, float Recomputed);
