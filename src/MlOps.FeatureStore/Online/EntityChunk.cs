namespace MlOps.Features;

/// <summary>A run of entities: headers, keys, and where the view needs them texts and sketches. Chunks never move.</summary>
internal sealed class EntityChunk(int entities, int keyParts, bool hasTexts, bool hasNodes)
{
    public EntityHeader[] Headers { get; } = new EntityHeader[entities];

    /// <summary>By entity, then by part of the key; null where no entity is.</summary>
    public string?[] Keys { get; } = new string?[entities * keyParts];

    /// <summary>The texts of each entity's recent rows, row by row, in an array of the block's capacity.</summary>
    public string?[]?[]? Texts { get; } = hasTexts ? new string?[]?[entities] : null;

    /// <summary>The sketches of each entity's window entries, entry by entry, in an array of the block's capacity; a node never changes.</summary>
    public long[]?[]?[]? Nodes { get; } = hasNodes ? new long[]?[]?[entities] : null;
}
