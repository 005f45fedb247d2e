namespace MlOps.Features;

/// <summary>Some records of one partition, in order of their offsets.</summary>
public sealed record StreamRecords
{
    /// <summary>The rows; a record has one or several.</summary>
    public required DataFrame Rows { get; init; }

    /// <summary>The offset of each row's record, ascending. Rows of one record bear the same offset and stand in one delivery.</summary>
    public required ReadOnlyMemory<long> Offsets { get; init; }

    /// <summary>Records between these that the source could not turn into rows.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<UnreadableRecord> Unreadable { get; init; } = [];

    /// <summary>The offset up to which this delivery goes.</summary>
    public long Last => Math.Max(Offsets.IsEmpty ? -1 : Offsets.Span[^1], Unreadable.Count == 0 ? -1 : Unreadable.Max(record => record.Offset));
}
