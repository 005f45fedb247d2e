namespace MlOps.Orchestration;

/// <summary>A step of a run as stored: a bar of a Gantt chart, with why it ran, was reused, or was skipped.</summary>
public sealed record StepRun
{
    /// <summary>The step's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required StepKind Kind { get; init; }

    /// <summary>Its state.</summary>
    public required PipelineStatus Status { get; init; }

    /// <summary>Why it is in that state, in words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>When its first attempt began.</summary>
    public Timestamp? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public Timestamp? EndedAt { get; init; }

    /// <summary>Recorded failures.</summary>
    public int Failures { get; init; }

    /// <summary>Executions that a crash or a stop of the host cut off.</summary>
    public int Interruptions { get; init; }

    /// <summary>The run whose result was reused, or null.</summary>
    public string? CachedFrom { get; init; }

    /// <summary>The output as JSON, when it completed.</summary>
    public string? Output { get; init; }

    /// <summary>The last error.</summary>
    public string? Error { get; init; }

    /// <summary>Its executions in order.</summary>
    public IReadOnlyList<StepAttempt> Attempts { get; init; } = [];
}
