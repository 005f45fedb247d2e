namespace MlOps;

/// <summary>What was decided about a canary.</summary>
public enum CanaryOutcome
{
    /// <summary>Nothing: it has too few outcomes, or its quality is not clear yet.</summary>
    Waiting = 0,

    /// <summary>It serves all traffic and is the champion.</summary>
    Promoted = 1,

    /// <summary>The stable version serves all traffic again.</summary>
    RolledBack = 2,

    /// <summary>The endpoint has no canary.</summary>
    NoCanary = 3,
}
