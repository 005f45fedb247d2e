namespace MlOps.Serving;

/// <summary>Which assignments of keys to variants are written down. Only traffic of several variants makes exposures; requests without a key make none.</summary>
public sealed record ExposureOptions
{
    /// <summary>The share of keys that is written down, the same keys in every process; 0 turns it off.</summary>
    /// <value>Default: 1. Range: 0 to 1.</value>
    public double Share { get; init; } = 1;

    /// <summary>Keys remembered per revision and process so that they are not sent to the store again; forgotten ones are sent again and found there.</summary>
    /// <value>Default: 65,536 (512 KB). Range: 1,024 to 16,777,216.</value>
    public int RememberedKeys { get; init; } = 65_536;

    /// <summary>Exposures that may wait to be written; more are dropped and counted, and their keys are tried again at a later request.</summary>
    /// <value>Default: 16,384. Range: 1 to 1,048,576.</value>
    public int QueueLimit { get; init; } = 16_384;

    /// <summary>How long exposures are gathered before they are written.</summary>
    /// <value>Default: 0.5 s. Range: 0 to one minute.</value>
    public TimeSpan Gathering { get; init; } = TimeSpan.FromSeconds(0.5);

    internal void Validate()
    {
        if (!(Share is >= 0 and <= 1))
            throw new InvalidDefinitionException($"Exposure.Share {Share} is not allowed: it lies between 0 and 1.");
        if (RememberedKeys is < 1024 or > 1 << 24)
            throw new InvalidDefinitionException($"Exposure.RememberedKeys {RememberedKeys} is not allowed: use 1,024 to {1 << 24}.");
        if (QueueLimit is < 1 or > 1 << 20)
            throw new InvalidDefinitionException($"Exposure.QueueLimit {QueueLimit} is not allowed: use 1 to {1 << 20}.");
        if (Gathering < TimeSpan.Zero || Gathering > TimeSpan.FromMinutes(1))
            throw new InvalidDefinitionException($"Exposure.Gathering {Gathering} is not allowed: use 0 to one minute.");
    }
}
