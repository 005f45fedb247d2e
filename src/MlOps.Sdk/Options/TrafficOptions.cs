namespace MlOps;

/// <summary>The traffic of one endpoint, set at start when it differs from what is stored.</summary>
public sealed class TrafficOptions
{
    /// <summary>Weight by version number of the model that bears the endpoint's name.</summary>
    /// <value>Default: empty, the stored traffic stays.</value>
    public Dictionary<string, double> Weights { get; set; } = new(StringComparer.Ordinal);
}
