namespace MlOps.Monitoring;

/// <summary>When a difference counts as drift: it must be both certain (p-value) and large enough to matter (index).</summary>
public sealed record DriftRule
{
    /// <summary>The rate of false alarms accepted for a whole check, all columns together (Benjamini-Hochberg).</summary>
    /// <value>Default: 0.01. Range: above 0, below 1.</value>
    public double Alpha { get; init; } = 0.01;

    /// <summary>The least population stability index that matters; 0 lets the p-value alone decide.</summary>
    /// <value>Default: 0.1.</value>
    public double MinimumIndex { get; init; } = 0.1;

    /// <summary>The share of columns that must drift before the whole counts as drifted.</summary>
    /// <value>Default: 0.1. Range: 0 to 1; at 0 one column suffices.</value>
    public double ColumnShare { get; init; } = 0.1;

    /// <summary>Bins over which the index is computed, merged from the reference's finer ones.</summary>
    /// <value>Default: 10. Range: 2 to 64.</value>
    public int Bins { get; init; } = 10;

    /// <summary>Windows with fewer rows are not judged.</summary>
    /// <value>Default: 200.</value>
    public int MinimumRows { get; init; } = 200;
}
