namespace MlOps.Serving;

/// <summary>What a tuning found.</summary>
public sealed record TuningResult
{
    /// <summary>What was tuned.</summary>
    public required string Name { get; init; }

    /// <summary>The settings that were chosen.</summary>
    public required TunedConfiguration Best { get; init; }

    /// <summary>The median time of a single call with them.</summary>
    public required TimeSpan SingleLatency { get; init; }

    /// <summary>Rows a second at full load with them.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>The measured combinations that none beats in both latency and throughput.</summary>
    public required IReadOnlyList<TuningPoint> Front { get; init; }

    /// <summary>All measured combinations.</summary>
    public required IReadOnlyList<TuningPoint> Points { get; init; }

    /// <summary>Combinations that were tried.</summary>
    public required int Tried { get; init; }

    /// <summary>Combinations of the full grid.</summary>
    public required int Grid { get; init; }

    /// <summary>Short measurements that were taken.</summary>
    public required int Samples { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How much repeated measurements of the same thing vary, as a share of the median. Smaller differences are not claimed.</summary>
    public required double Noise { get; init; }

    /// <summary>What may make the figures doubtful.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>What the machine can do; null when it was not calibrated.</summary>
    public MachineProfile? Machine { get; init; }

    /// <summary>What a row costs in arithmetic and memory; null when it is not known.</summary>
    public ModelWork? Work { get; init; }
}
