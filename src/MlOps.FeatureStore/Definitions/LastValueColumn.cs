namespace MlOps.Features;

/// <summary>
/// A plain feature: the value in the newest row by (event time, availability, arrival) that is known, if it is not older than the time to live.
/// A null in that row hides older values.
/// </summary>
public sealed record LastValueColumn
{
    /// <summary>The name in feature names.</summary>
    public required string Name { get; init; }

    /// <summary>The column of the rows.</summary>
    public required string Column { get; init; }

    /// <summary>How the value is kept: Boolean, Int64, Float32, Float64, String or Timestamp. Numbers and flags convert where nothing is lost but digits of a float.</summary>
    /// <value>Float32 by default.</value>
    public DataType Type { get; init; } = DataType.Float32;

    /// <summary>How old the row's event time may be, inclusive.</summary>
    /// <value>Null by default: a value never expires.</value>
    public TimeSpan? TimeToLive { get; init; }
}
