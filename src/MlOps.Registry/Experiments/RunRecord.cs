namespace MlOps.Registry;

/// <summary>A run as stored.</summary>
public sealed record RunRecord
{
    /// <summary>The run's identity.</summary>
    public required string Id { get; init; }

    /// <summary>The experiment.</summary>
    public required string Experiment { get; init; }

    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>The state.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>When it started.</summary>
    public required Timestamp StartedAt { get; init; }

    /// <summary>When it ended, or null.</summary>
    public Timestamp? EndedAt { get; init; }

    /// <summary>The run that this one is part of.</summary>
    public string? ParentRunId { get; init; }

    /// <summary>How often it was resumed: 0 for its first start.</summary>
    public int Attempt { get; init; }

    /// <summary>When it was deleted, or null. A deleted run can be restored until it is purged.</summary>
    public Timestamp? DeletedAt { get; init; }

    /// <summary>The error of a failed run.</summary>
    public string? Error { get; init; }

    /// <summary>Parameters.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>The latest value of each metric.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Labels.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>Artifacts by name.</summary>
    public required IReadOnlyDictionary<string, ArtifactRef> Artifacts { get; init; }

    /// <summary>The datasets that it read.</summary>
    public IReadOnlyList<RunInput> Inputs { get; init; } = [];
}
