namespace MlOps.Features;

/// <summary>How one partition of a stream job stands.</summary>
public sealed record StreamPartitionStatus
{
    /// <summary>The partition.</summary>
    public required string Partition { get; init; }

    /// <summary>The last offset that is in the online state; -1 before the first.</summary>
    public required long OnlineOffset { get; init; }

    /// <summary>The last offset that is in the offline store; -1 before the first, or when the job does not land.</summary>
    public required long LandedOffset { get; init; }

    /// <summary>Offsets that the source has beyond the online one.</summary>
    public required long Lag { get; init; }

    /// <summary>The partition's watermark; null before the first row.</summary>
    public Timestamp? Watermark { get; init; }

    /// <summary>Whether it had no records for <see cref="StreamJob.IdleAfter"/>.</summary>
    public required bool IsIdle { get; init; }

    /// <summary>Rows that came later than allowed, in all runs of the job as far as they were written down.</summary>
    public required long LateRows { get; init; }
}
