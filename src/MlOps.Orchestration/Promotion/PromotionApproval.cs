namespace MlOps.Orchestration;

/// <summary>An approval.</summary>
/// <param name="Approver">Who.</param>
/// <param name="At">When.</param>
/// <param name="Comment">In whose words.</param>
public sealed record PromotionApproval(string Approver, Timestamp At, string Comment);
