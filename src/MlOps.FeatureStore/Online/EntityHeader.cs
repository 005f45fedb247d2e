namespace MlOps.Features;

/// <summary>Where an entity's entries lie. <see cref="Version"/> is odd while a writer changes them.</summary>
internal struct EntityHeader
{
    public int Version;
    public int Slab;
    public int Offset;
    public int Capacity;
    public int Count;

    /// <summary>The newest availability of the entity's rows: a read from there on need not look at any row's availability.</summary>
    public long Newest;
}
