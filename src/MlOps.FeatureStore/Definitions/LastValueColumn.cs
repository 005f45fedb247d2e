namespace MlOps.Features;

/// <summary>
/// A plain feature: the value in the newest row by (event time, availability, arrival) that is known, if it is not older than the time to live.
/// A null in that row hides older values. Kept as 32-bit float.
/// </summary>
public sealed record LastValueColumn
{
    /// <summary>The name in feature names.</summary>
    public required string Name { get; init; }

    /// <summary>The column of the rows; bool or any number.</summary>
    public required string Column { get; init; }

    /// <summary>How old the row's event time may be, inclusive.</summary>
    /// <value>Null by default: a value never expires.</value>
    public TimeSpan? TimeToLive { get; init; }
}
