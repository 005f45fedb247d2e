namespace MlOps.Registry;

/// <summary>A dataset that a model was made from, by reference.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">What for: <c>training</c>, <c>validation</c>, <c>test</c>.</param>
/// <param name="Digest">The digest of its content.</param>
/// <param name="Rows">Its rows, or null when not counted.</param>
/// <param name="Source">Where it came from in words, for instance a query, a feature service or a period.</param>
public sealed record DataReference(string Name, string Role, string Digest, long? Rows = null, string Source = "");
