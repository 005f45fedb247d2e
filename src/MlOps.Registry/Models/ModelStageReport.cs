namespace MlOps.Registry;

/// <summary>Where a version stands, and how it came there.</summary>
/// <param name="Version">The version.</param>
/// <param name="Environment">The environment: a version of sandbox and its copy in production have stages of their own.</param>
/// <param name="Stage">The stage now.</param>
/// <param name="Aliases">The aliases that point at it now.</param>
/// <param name="History">The stages in order; the first is <see cref="ModelStage.Registered"/>.</param>
public sealed record ModelStageReport(
    ModelVersionRef Version, string Environment, ModelStage Stage, IReadOnlyList<string> Aliases, IReadOnlyList<ModelStageChange> History);
