namespace MlOps.Registry;

/// <summary>What the store decided when a run was started or resumed.</summary>
internal sealed record RunStart(string Id, string Experiment, string Owner, int Attempt, Timestamp StartedAt, RunBuffer Buffer);
