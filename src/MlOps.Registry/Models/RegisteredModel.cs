namespace MlOps.Registry;

/// <summary>A model: what its versions have in common.</summary>
public sealed record RegisteredModel
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The model card in Markdown; a version has one of its own.</summary>
    public required string Description { get; init; }

    /// <summary>Who answers for it; empty when nobody was named.</summary>
    public required string Owner { get; init; }

    /// <summary>Labels.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>The newest number that was given, deleted versions included. It only grows, also when the model is deleted and created again.</summary>
    public required int LastVersion { get; init; }

    /// <summary>Versions that are not deleted.</summary>
    public required int Versions { get; init; }

    /// <summary>When its first version was registered.</summary>
    public required Timestamp CreatedAt { get; init; }

    /// <summary>Who registered it; empty for models of an early format.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was changed last: a version registered, deleted or restored, or the model itself changed.</summary>
    public required Timestamp UpdatedAt { get; init; }

    /// <summary>That it was deleted, or null.</summary>
    public Deletion? Deleted { get; init; }
}
