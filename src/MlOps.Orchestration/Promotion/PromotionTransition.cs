namespace MlOps.Orchestration;

/// <summary>A step of a promotion, as committed and audited in both environments.</summary>
/// <param name="Sequence">Its place, from 1.</param>
/// <param name="At">When.</param>
/// <param name="State">The state reached.</param>
/// <param name="Actor">In whose name.</param>
/// <param name="Detail">What happened.</param>
public sealed record PromotionTransition(int Sequence, Timestamp At, PromotionState State, string Actor, string Detail);
