namespace MlOps.Orchestration;

/// <summary>A step as its row holds it; steps that were never touched have none.</summary>
internal sealed record StepRow(string Step, PipelineStatus Status)
{
    public string Reason { get; init; } = "";

    public int Failures { get; init; }

    public int Interruptions { get; init; }

    public Timestamp? StartedAt { get; init; }

    public Timestamp? EndedAt { get; init; }

    public Timestamp? RetryAt { get; init; }

    public string? Output { get; init; }

    public string? Error { get; init; }

    public string? CachedFrom { get; init; }
}
