namespace MlOps;

/// <summary>How the rows of a database are read.</summary>
public sealed record DatabaseReadOptions
{
    /// <summary>The zone of dates and times that the database gives without one.</summary>
    /// <value>Default: null, such a time is refused.</value>
    public TimeZoneInfo? AssumedZone { get; init; }
}
