namespace MlOps.Registry;

/// <summary>A dataset that a run read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Role">What for: <c>training</c>, <c>validation</c>, <c>test</c>.</param>
public sealed record RunInput(string Name, string Digest, string Role)
{
    /// <summary>Where it came from: a table, a query, an address. Never opened by the library.</summary>
    /// <value>Default: null, not known.</value>
    public string? Source { get; init; }

    /// <summary>Its columns as JSON: an array of objects with <c>name</c>, <c>type</c> and <c>nulls</c>.</summary>
    /// <value>Default: null, not known.</value>
    public string? Schema { get; init; }

    /// <summary>Its rows.</summary>
    /// <value>Default: null, not known.</value>
    public long? Rows { get; init; }
}
