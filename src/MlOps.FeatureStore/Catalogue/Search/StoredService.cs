namespace MlOps.Features;

/// <summary>A service as it stands in its table.</summary>
internal sealed record StoredService(string Name, string Hash, Timestamp RecordedAt, long AppliedAt, ServiceDocument Notes);
