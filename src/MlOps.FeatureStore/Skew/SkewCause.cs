namespace MlOps.Features;

/// <summary>Why served values differ from history. Stored in events by name.</summary>
public enum SkewCause
{
    /// <summary>Nothing that the audit knows explains enough of the differences.</summary>
    Unknown = 0,

    /// <summary>Rows reached the online store later than their availability says: values are right for an earlier knowledge.</summary>
    LateData = 1,

    /// <summary>A plain feature was served under another time to live.</summary>
    TimeToLive = 2,

    /// <summary>The values of two features, or of two columns, are exchanged, or one feature is served from another.</summary>
    SwappedFeatures = 3,

    /// <summary>Values are multiplied by a constant: cents for euros, thousands, percent.</summary>
    UnitChange = 4,

    /// <summary>Values were right at an earlier request of the same key: a cache in between.</summary>
    StaleCache = 5,

    /// <summary>Values are right for a moment that lies a constant time before or after the request's: the server's clock.</summary>
    ClockShift = 6,

    /// <summary>The rows of some keys never reached the online store.</summary>
    LostRows = 7,

    /// <summary>Rows were counted more than once.</summary>
    DuplicatedRows = 8,

    /// <summary>A constant was served where there is no value.</summary>
    DefaultForMissing = 9,

    /// <summary>The values belong to another key of the request.</summary>
    WrongKey = 10,

    /// <summary>The values are those of another window, or of a definition that differs otherwise.</summary>
    DefinitionDrift = 11,

    /// <summary>Values were rounded or kept in a narrower type.</summary>
    PrecisionLoss = 12,

    /// <summary>Event times are off by whole half-hours: a time zone.</summary>
    TimeZoneShift = 13,

    /// <summary>No value was served where there is one.</summary>
    MissingForValue = 14,

    /// <summary>The offline store lacks rows that the online store has.</summary>
    OfflineIncomplete = 15,
}
