namespace MlOps.Registry;

/// <summary>A version's entry into a stage.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="At">When.</param>
/// <param name="By">Who caused it.</param>
/// <param name="Reason">Why: the reason of the alias move, the deletion or the restoration.</param>
public sealed record ModelStageChange(ModelStage Stage, Timestamp At, string By, string Reason);
