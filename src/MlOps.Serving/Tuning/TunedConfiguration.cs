namespace MlOps.Serving;

/// <summary>Settings that the engine loads, and what they are expected to do.</summary>
public sealed record TunedConfiguration
{
    /// <summary>How the session is made.</summary>
    public OnnxRuntimeOptions Runtime { get; init; } = new();

    /// <summary>How requests join batches.</summary>
    public BatchingOptions Batching { get; init; } = new();

    /// <summary>What batches cost with these settings, one at a time.</summary>
    public BatchCurve? Curve { get; init; }

    /// <summary>How much longer a batch takes when all instances run at once: 1 means not at all.</summary>
    /// <value>Default: 1.</value>
    public double Contention { get; init; } = 1;

    /// <summary>How the times of equal batches spread: factors of the curve's, each as likely as the others.</summary>
    /// <value>Default: empty, no spread.</value>
    public IReadOnlyList<double> Spread { get; init; } = [];

    /// <summary>How often a batch stood still because something else had the processor, for each second that batches ran.</summary>
    /// <value>Default: 0, never.</value>
    public double StallsPerSecond { get; init; }

    /// <summary>How long it stood still then, each as likely as the others.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<TimeSpan> Stalls { get; init; } = [];
}
