namespace MlOps.Features;

/// <summary>Which served vectors are logged for the skew audit, how the log is kept, and how the audit runs by itself.</summary>
public sealed class SkewAuditOptions
{
    /// <summary>Whether served vectors are logged at all. The log holds entity keys and feature values.</summary>
    /// <value>False by default.</value>
    public bool IsEnabled { get; set; }

    /// <summary>The share of keys whose vectors are logged, 0 to 1, chosen by the keys' hash: of a chosen key every vector, of another none.</summary>
    /// <value>1/64 by default.</value>
    public double SampleRate { get; set; } = 1.0 / 64;

    /// <summary>Vectors per service that wait in memory for the disk; beyond it vectors are dropped and counted, requests never wait.</summary>
    /// <value>1024 by default.</value>
    public int BufferedVectors { get; set; } = 1024;

    /// <summary>How long a vector may wait before it is written; half a full buffer is written at once.</summary>
    /// <value>30 seconds by default.</value>
    public TimeSpan FlushEvery { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a file of the log may grow.</summary>
    /// <value>16 MiB by default.</value>
    public long FileBytes { get; set; } = 16L << 20;

    /// <summary>How long a file of the log is written before the next one begins.</summary>
    /// <value>One day by default.</value>
    public TimeSpan FileAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How much log a service keeps; the oldest files go first.</summary>
    /// <value>256 MiB by default.</value>
    public long LogBytes { get; set; } = 256L << 20;

    /// <summary>How long a service's log is kept.</summary>
    /// <value>14 days by default.</value>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How many vectors one audit looks at; of more, whole keys are left out.</summary>
    /// <value>100,000 by default.</value>
    public int VectorsPerAudit { get; set; } = 100_000;

    /// <summary>How often all services are audited; see <see cref="ISkewAudit.RunAsync"/>.</summary>
    /// <value>Null by default: never by itself.</value>
    public TimeSpan? Interval { get; set; }

    /// <summary>How far back a scheduled audit looks. Longer than offline ingestion takes, or requests leave the window before they can be compared.</summary>
    /// <value>Two days by default.</value>
    public TimeSpan Window { get; set; } = TimeSpan.FromDays(2);

    /// <summary>A scheduled audit records <see cref="FeatureEvents.SkewDetected"/> when the share of values that differ is above this.</summary>
    /// <value>0 by default: a single value that differs.</value>
    public double MismatchThreshold { get; set; }

    /// <summary>How audits compare, unless they are asked otherwise.</summary>
    public SkewComparison Comparison { get; set; } = new();
}
