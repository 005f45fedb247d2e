using MlOps.Registry;

namespace MlOps.Orchestration;

/// <summary>What a gate of one's own may look at.</summary>
/// <param name="Target">The environment promoted to.</param>
/// <param name="Version">The version that is judged: the staged one, and after a retraining the new one.</param>
/// <param name="Champion">The champion of the environment promoted to, or null.</param>
public sealed record PromotionGateContext(IMlOpsEnvironment Target, ModelVersion Version, ModelVersion? Champion);
