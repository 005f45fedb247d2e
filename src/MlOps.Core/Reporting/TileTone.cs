namespace MlOps.Reporting;

/// <summary>Whether a key figure is good or bad news; shown by colour and by a mark.</summary>
public enum TileTone
{
    /// <summary>Neither.</summary>
    Neutral,

    /// <summary>Good.</summary>
    Good,

    /// <summary>To be watched.</summary>
    Warning,

    /// <summary>Bad.</summary>
    Bad,
}
