namespace MlOps.Features;

/// <summary>How <see cref="PointInTime.Join"/> joins two frames.</summary>
public sealed record PointInTimeOptions
{
    /// <summary>The key columns of the history: String, Int32 or Int64.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>The spine's columns of the same keys, in the same order and of like types.</summary>
    /// <value>Null by default: those of <see cref="Keys"/>.</value>
    public IReadOnlyList<string>? SpineKeys { get; init; }

    /// <summary>The history's column that says when a row happened.</summary>
    public required string EventTime { get; init; }

    /// <summary>The history's column that says when a row became known.</summary>
    /// <value>Null by default: rows are known as they happen.</value>
    public string? AvailableAt { get; init; }

    /// <summary>The spine's column of moments.</summary>
    public required string SpineTime { get; init; }

    /// <summary>How old a row may be, inclusive.</summary>
    /// <value>Null by default: a row never expires.</value>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>How much later than its availability a row is there.</summary>
    /// <value>Zero by default.</value>
    public TimeSpan Lag { get; init; }

    /// <summary>The history's columns that are wanted.</summary>
    /// <value>Null by default: all but keys and times.</value>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>What the names of joined columns begin with.</summary>
    /// <value>Empty by default.</value>
    public string Prefix { get; init; } = "";
}
