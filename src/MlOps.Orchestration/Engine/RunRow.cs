namespace MlOps.Orchestration;

/// <summary>A run as its row holds it.</summary>
internal sealed record RunRow(
    string Id, string Pipeline, string Key, string DefinitionHash, string CodeVersion, string Input, PipelineStatus Status, string Reason, string StartedBy,
    bool UseCache, string? Provenance, Timestamp CreatedAt, Timestamp? StartedAt, Timestamp? EndedAt, string? Error, string? TrackingRun, string? CancelReason,
    string? Owner, Timestamp LeaseUntil, long Fence)
{
    public bool HasEnded => EndedAt is not null;
}
