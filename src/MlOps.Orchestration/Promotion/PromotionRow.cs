namespace MlOps.Orchestration;

/// <summary>A promotion as its row holds it.</summary>
internal sealed record PromotionRow(
    string Id, string? Key, string Source, ModelVersionRef Version, string Manifest, PromotionOptions Options, PromotionState State, string RequestedBy,
    Timestamp RequestedAt, Timestamp? EndedAt, IReadOnlyList<GateResult> Evidence, int EvidenceChampion, ModelVersionRef? Result, string? RetrainRun,
    int FormerAlias, string? FormerTraffic, bool TrafficKnown, string Detail, string? Owner, Timestamp LeaseUntil, long Fence)
{
    public string Alias => Options.Alias ?? (Options.TrafficShare < 1 ? Registry.ModelAliases.Challenger : Registry.ModelAliases.Champion);

    public GateResult Refusal => Evidence.LastOrDefault(gate => !gate.Passed) is { } gate && State == PromotionState.Refused
        ? Evidence.First(first => !first.Passed && first.Subject == gate.Subject)
        : new GateResult(State == PromotionState.RolledBack ? "deployment" : "workflow", false, Detail, "no failure");
}
