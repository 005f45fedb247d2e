namespace MlOps.Features;

/// <summary>What becomes of rows that come later than the allowed lateness.</summary>
public enum LateRows
{
    /// <summary>They are applied as all others, and counted. The online state then equals the offline join over the same rows.</summary>
    Apply = 0,

    /// <summary>They are counted and kept in the offline store only. The online state then differs from the offline join by them.</summary>
    OfflineOnly = 1,
}
