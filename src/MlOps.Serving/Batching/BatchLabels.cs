namespace MlOps.Serving;

/// <summary>What a version's batches are measured under.</summary>
internal sealed record BatchLabels(string Endpoint, string Version);
