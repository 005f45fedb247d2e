namespace MlOps;

/// <summary>What was done to an audit trail.</summary>
public enum AuditFindingKind
{
    /// <summary>Records were changed.</summary>
    Edited = 0,

    /// <summary>Records were taken out; those after them stayed.</summary>
    Deleted = 1,

    /// <summary>Records changed places.</summary>
    Reordered = 2,

    /// <summary>Records were put in.</summary>
    Inserted = 3,

    /// <summary>The end of the trail was cut off.</summary>
    Truncated = 4,

    /// <summary>Two checkpoints contradict each other: the trail was shown in two forms.</summary>
    Forked = 5,

    /// <summary>The whole trail from a place on was written anew with hashes that fit, and contradicts a checkpoint.</summary>
    Rewritten = 6,

    /// <summary>A checkpoint is not signed by a trusted key, its signature is wrong, or it belongs to another trail.</summary>
    UntrustedCheckpoint = 7,

    /// <summary>The stored tree does not fit the records, while the records fit one another.</summary>
    TreeDamaged = 8,
}
