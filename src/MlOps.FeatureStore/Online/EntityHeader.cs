namespace MlOps.Features;

/// <summary>
/// Where the parts of an entity lie; one cache line. <see cref="Version"/> is odd while a writer changes them; <see cref="Stamp"/> counts the entities
/// that had this place before, so that a reader with an old handle notices.
/// </summary>
internal struct EntityHeader
{
    public int Version;
    public int Stamp;
    public Place Window;
    public Place Recent;

    /// <summary>The newest availability of the entity's rows: a read from there on need not look at any row's availability.</summary>
    public long Newest;

    /// <summary>The newest event time: once it is beyond every window and time to live, the entity reads as never seen.</summary>
    public long LastEvent;

    /// <summary>The number of the materialisation, not finished yet, that this entity is done with.</summary>
    public int Pass;

    /// <summary>A block: where it is, what it has room for, what is in it.</summary>
    internal struct Place
    {
        public int Slab;
        public int Offset;
        public int Capacity;
        public int Count;
    }
}
