namespace MlOps.Serving;

/// <summary>One revision of an endpoint's traffic.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Revision">The revision, from 1.</param>
/// <param name="Policy">The traffic from then on; null when serving ended.</param>
/// <param name="Reason">Why.</param>
/// <param name="ChangedBy">Who.</param>
/// <param name="ChangedAt">When.</param>
public sealed record TrafficChange(string Endpoint, long Revision, TrafficPolicy? Policy, string Reason, string ChangedBy, Timestamp ChangedAt);
