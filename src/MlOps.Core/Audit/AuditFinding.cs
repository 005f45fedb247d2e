namespace MlOps;

/// <summary>A place where an audit trail is not what it was.</summary>
/// <param name="Kind">What was done.</param>
/// <param name="First">The first sequence that is concerned.</param>
/// <param name="Last">The last sequence that is concerned.</param>
/// <param name="Detail">What shows it.</param>
public sealed record AuditFinding(AuditFindingKind Kind, long First, long Last, string Detail);
