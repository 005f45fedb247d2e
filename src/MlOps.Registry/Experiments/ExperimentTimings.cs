namespace MlOps.Registry;

/// <summary>How runs buffer and how they show that they live.</summary>
internal sealed record ExperimentTimings
{
    /// <summary>The longest that a logged value waits before it is written in the background.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a run that logs nothing shows that it lives.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A running run whose heartbeat is older is lost.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Points waiting at which a write begins before its time.</summary>
    public int FlushPoints { get; init; } = 8_192;

    /// <summary>Points waiting at which logging waits for the store.</summary>
    public int CapacityPoints { get; init; } = 262_144;

    /// <summary>How long logging waits for the store before it refuses.</summary>
    public TimeSpan BackPressure { get; init; } = TimeSpan.FromSeconds(5);
}
