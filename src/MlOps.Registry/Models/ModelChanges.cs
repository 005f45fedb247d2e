namespace MlOps.Registry;

/// <summary>Changes to a model; what is null stays.</summary>
public sealed record ModelChanges
{
    /// <summary>The new model card in Markdown.</summary>
    /// <value>Default: null, it stays.</value>
    public string? Description { get; init; }

    /// <summary>The new owner; empty for none.</summary>
    /// <value>Default: null, it stays.</value>
    public string? Owner { get; init; }

    /// <summary>Labels to set; a null value removes.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyDictionary<string, string?> Tags { get; init; } = new Dictionary<string, string?>();
}
