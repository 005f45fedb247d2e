namespace MlOps.Features;

/// <summary>How a stream job stands.</summary>
public sealed record StreamJobStatus
{
    /// <summary>The job.</summary>
    public required string Job { get; init; }

    /// <summary>The view that it feeds.</summary>
    public required string View { get; init; }

    /// <summary>What it does.</summary>
    public required StreamJobState State { get; init; }

    /// <summary>Its partitions.</summary>
    public required IReadOnlyList<StreamPartitionStatus> Partitions { get; init; }

    /// <summary>Everything up to here has been seen, but for late rows: the smallest watermark of its partitions. Null until each had a row or is idle.</summary>
    public Timestamp? Watermark { get; init; }

    /// <summary>Rows applied since the start.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows applied a second since the start.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>Rows later than allowed since the start; by <see cref="StreamJob.LateRows"/> they were applied or kept offline only.</summary>
    public required long LateRows { get; init; }

    /// <summary>The share of late rows: how far what was served may have differed from what is known now.</summary>
    public double LateShare => Rows + LateRows == 0 ? 0 : (double)LateRows / Math.Max(Rows, LateRows);

    /// <summary>Rows left out because their offset or event id had come before, since the start.</summary>
    public required long Duplicates { get; init; }

    /// <summary>Records set aside since the start.</summary>
    public required long Poison { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }
}
