namespace MlOps.Features;

/// <summary>Feeds a view from a stream.</summary>
public sealed record StreamJob
{
    /// <summary>The job's name: its offsets are kept under it. A new name begins at the beginning of the stream.</summary>
    public required string Name { get; init; }

    /// <summary>The view.</summary>
    public required string View { get; init; }

    /// <summary>Where the records come from.</summary>
    public required IFeatureStreamSource Source { get; init; }

    /// <summary>How far records of a partition may be out of order by event time: the partition's watermark is its newest event time less this.</summary>
    /// <value>Zero by default.</value>
    public TimeSpan MaxOutOfOrderness { get; init; }

    /// <summary>How far behind the job's watermark a row may be and still count as in time.</summary>
    /// <value>One minute by default.</value>
    public TimeSpan AllowedLateness { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What becomes of rows that are later.</summary>
    /// <value><see cref="LateRows.Apply"/> by default.</value>
    public LateRows LateRows { get; init; }

    /// <summary>A partition without records for so long no longer holds the watermark: from then on it moves with the clock.</summary>
    /// <value>One minute by default.</value>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether the rows land in the offline store too, so that what was served can be computed again and trained on.</summary>
    /// <value>True by default.</value>
    public bool LandOffline { get; init; } = true;

    /// <summary>Rows that land in one batch.</summary>
    /// <value>100,000 by default.</value>
    public int LandRows { get; init; } = 100_000;

    /// <summary>How long rows wait for their batch to be full.</summary>
    /// <value>One minute by default.</value>
    public TimeSpan LandEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Rows that are applied, and made durable, at a time.</summary>
    /// <value>32,768 by default.</value>
    public int PushRows { get; init; } = 1 << 15;

    /// <summary>Rows of a partition that may be on their way; then its reading waits.</summary>
    /// <value>262,144 by default.</value>
    public int RowsInFlight { get; init; } = 1 << 18;

    /// <summary>A column whose text or number names an event, so that one delivered under several offsets of a partition counts once.</summary>
    /// <value>Null by default: only the same offset is a repetition.</value>
    public string? EventIdColumn { get; init; }

    /// <summary>Within how many offsets of a partition an event's id is recognised.</summary>
    /// <value>100,000 by default.</value>
    public int DuplicateWindow { get; init; } = 100_000;

    /// <summary>Hears of each record that is set aside, before the job goes on behind it. Null writes them to the job's dead-letter file.</summary>
    /// <value>Null by default.</value>
    public Func<PoisonRecord, CancellationToken, ValueTask>? OnPoison { get; init; }

    /// <summary>How many records may be set aside before the job fails, since then something is wrong with all of them.</summary>
    /// <value>10,000 by default.</value>
    public int MaxPoison { get; init; } = 10_000;

    /// <summary>How large the dead-letter file may become before the job fails.</summary>
    /// <value>64 MiB by default.</value>
    public long MaxDeadLetterBytes { get; init; } = 64L << 20;
}
