namespace MlOps;

/// <summary>When a canary has proved itself. Quality is the Brier score (mean squared error of the probability), smaller being better.</summary>
public sealed record CanaryRule
{
    /// <summary>Outcomes that the canary needs before anything is decided.</summary>
    /// <value>Default: 500.</value>
    public int MinimumRows { get; init; } = 500;

    /// <summary>How much worse than the stable version the canary may be at most, with the given confidence (non-inferiority).</summary>
    /// <value>Default: 0.01.</value>
    public double Margin { get; init; } = 0.01;

    /// <summary>The confidence of either decision.</summary>
    /// <value>Default: 0.95. Range: above 0.5, below 1.</value>
    public double Confidence { get; init; } = 0.95;

    /// <summary>Whether a canary whose quality is not decided by the window's end is rolled back instead of kept waiting.</summary>
    /// <value>Default: false.</value>
    public bool RollBackWhenUndecided { get; init; }
}
