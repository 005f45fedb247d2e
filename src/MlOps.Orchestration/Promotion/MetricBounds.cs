namespace MlOps.Orchestration;

/// <summary>
/// Bounds on one metric of a version; both ends included. <c>latency_p50_ms</c>, <c>latency_p99_ms</c>, <c>load_ms</c> and <c>size_bytes</c>
/// are measured by a trial load in the environment promoted to; every other name is a metric that the version was registered with.
/// </summary>
public sealed record MetricBounds
{
    /// <summary>The least value accepted.</summary>
    /// <value>Default: null, no lower bound.</value>
    public double? Min { get; init; }

    /// <summary>The greatest value accepted.</summary>
    /// <value>Default: null, no upper bound.</value>
    public double? Max { get; init; }

    /// <summary>By how much the version must be better than the champion of the environment promoted to; negative allows a small loss. Passed while there is no champion.</summary>
    /// <value>Default: null, not compared.</value>
    public double? BetterThanChampionBy { get; init; }

    /// <summary>Whether greater is better, for <see cref="BetterThanChampionBy"/>.</summary>
    /// <value>Default: null: true, unless there is a <see cref="Max"/> and no <see cref="Min"/>.</value>
    public bool? HigherIsBetter { get; init; }
}
