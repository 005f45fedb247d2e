namespace MlOps.Features;

/// <summary>What was erased of an entity, and where it may still be.</summary>
public sealed record ErasureReport
{
    /// <summary>The views that it was erased from: the one that was asked for, and those made of it that have the same key.</summary>
    public required IReadOnlyList<string> Views { get; init; }

    /// <summary>Batches of the quarantine that held it and were discarded.</summary>
    public required int QuarantinedBatches { get; init; }

    /// <summary>Served vectors that were taken out of the skew log.</summary>
    public required int LoggedVectors { get; init; }

    /// <summary>Records that were taken out of the dead-letter files of stream jobs.</summary>
    public required int DeadLetters { get; init; }

    /// <summary>The saved training frames that hold it; with <see cref="EraseOptions.DeleteFrames"/> they are not listed any more.</summary>
    public required IReadOnlyList<TrainingFrameRecord> Frames { get; init; }

    /// <summary>Views made of the view whose key is another one: erase what was made of the entity there, too.</summary>
    public required IReadOnlyList<string> OtherViews { get; init; }

    /// <summary>Versions of these views that the host does not declare any more, as <c>name.v1</c>; their folders were not touched.</summary>
    public required IReadOnlyList<string> OtherVersions { get; init; }
}
