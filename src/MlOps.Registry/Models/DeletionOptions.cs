namespace MlOps.Registry;

/// <summary>How a version or a model is deleted.</summary>
public sealed record DeletionOptions
{
    /// <summary>Removes the aliases that point at what is deleted, in the same transaction, instead of refusing.</summary>
    /// <value>Default: false.</value>
    public bool RemoveAliases { get; init; }
}
