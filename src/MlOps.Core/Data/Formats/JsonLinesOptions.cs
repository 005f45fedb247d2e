namespace MlOps;

/// <summary>How JSON lines are read.</summary>
public sealed record JsonLinesOptions
{
    /// <summary>
    /// Types of columns by name; the others are found from the data: from all of it, or from the first batch where it is read in batches. Columns
    /// that are named here come first and are there even when no line has them.
    /// </summary>
    /// <value>Default: null, all are found.</value>
    public IReadOnlyDictionary<string, DataType>? Types { get; init; }

    /// <summary>The zone of dates and times that are written without one.</summary>
    /// <value>Default: null. Then such a time is refused in a column that is given as Timestamp, and is text in one whose type is found.</value>
    public TimeZoneInfo? AssumedZone { get; init; }

    /// <summary>Whether objects within objects become columns named <c>outer.inner</c>. Arrays are refused either way.</summary>
    /// <value>Default: false, they are refused.</value>
    public bool Flatten { get; init; }
}
