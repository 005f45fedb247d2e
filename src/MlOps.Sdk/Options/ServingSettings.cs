namespace MlOps;

/// <summary>How the endpoints of an environment serve.</summary>
public sealed class ServingSettings
{
    /// <summary>The most rows in one call of the runtime.</summary>
    /// <value>Default: 64. Range: 1 to 65,536.</value>
    public int MaxBatchSize { get; set; } = 64;

    /// <summary>The most rows that wait; more are refused with a retry hint.</summary>
    /// <value>Default: 4,096. Range: 1 to 1,048,576.</value>
    public int MaxQueueLength { get; set; } = 4096;

    /// <summary>Whether a missing feature (NaN) is passed to the model, which must know what to do with it, or refuses the request.</summary>
    /// <value>Default: true, since features looked up online may be absent.</value>
    public bool AllowMissingFeatures { get; set; } = true;

    /// <summary>Settings of single models, by name, as the tuning writes them.</summary>
    public Dictionary<string, TunedModelSettings> Models { get; set; } = new(StringComparer.Ordinal);
}
