namespace MlOps.Features;

/// <summary>A batch that failed its view's checks.</summary>
public sealed record QuarantinedBatch
{
    /// <summary>Names it.</summary>
    public required string Id { get; init; }

    /// <summary>The view it was meant for.</summary>
    public required string View { get; init; }

    /// <summary>The view's version.</summary>
    public required int Version { get; init; }

    /// <summary>The batch key of an ingestion, or the source of a push.</summary>
    public required string Key { get; init; }

    /// <summary>The offset of a push; null for an ingestion.</summary>
    public long? Offset { get; init; }

    /// <summary>Its rows.</summary>
    public required long Rows { get; init; }

    /// <summary>Its size on disk.</summary>
    public required long Bytes { get; init; }

    /// <summary>Which expectations are not met, without values of the data.</summary>
    public required string Failures { get; init; }

    /// <summary>When it was refused.</summary>
    public required Timestamp At { get; init; }

    /// <summary>What became of it.</summary>
    public required QuarantineState State { get; init; }

    /// <summary>When it was released, discarded or dropped.</summary>
    public Timestamp? ClosedAt { get; init; }

    /// <summary>Who did that.</summary>
    public string? ClosedBy { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}
