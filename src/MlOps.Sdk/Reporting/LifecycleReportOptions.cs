namespace MlOps;

/// <summary>What goes into a lifecycle report beside what the stores know.</summary>
public sealed record LifecycleReportOptions
{
    /// <summary>The report's subtitle.</summary>
    /// <value>Default: the model's name.</value>
    public string? Subtitle { get; init; }

    /// <summary>Request latencies in milliseconds that the host measured, by name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> LatenciesMs { get; init; } = new Dictionary<string, IReadOnlyList<double>>();

    /// <summary>Facts to show at the top, by label.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Facts { get; init; } = [];

    /// <summary>Windows over which live quality is measured, oldest first.</summary>
    public IReadOnlyList<(Timestamp From, Timestamp To)> QualityWindows { get; init; } = [];
}
