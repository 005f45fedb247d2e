namespace MlOps.Serving;

/// <summary>What a tuning looks for.</summary>
public enum TuningGoal
{
    /// <summary>Settings that lose least both for a single caller and under full load.</summary>
    Balanced = 0,

    /// <summary>The shortest time of a single call.</summary>
    Latency = 1,

    /// <summary>The most rows a second under full load.</summary>
    Throughput = 2,
}
