namespace MlOps.Features;

/// <summary>What became of a quarantined batch. Stored by number: never renumber.</summary>
public enum QuarantineState
{
    /// <summary>It is kept and waits.</summary>
    Held = 1,

    /// <summary>It was applied, corrected or as it was.</summary>
    Released = 2,

    /// <summary>Somebody threw it away.</summary>
    Discarded = 3,

    /// <summary>It was the oldest when a bound was reached.</summary>
    Dropped = 4,
}
