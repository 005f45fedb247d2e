namespace MlOps.Serving;

/// <summary>Copies of answers for <see cref="IPayloadSink"/>s, taken on the request path and delivered off it. Without a sink nothing is copied.</summary>
public sealed record PayloadLogOptions
{
    /// <summary>The share of answers that is copied, chosen by the answer's identity; a shadow's answer is chosen with the one that it mirrors.</summary>
    /// <value>Default: 0, none. Range: 0 to 1.</value>
    public double Share { get; init; }

    /// <summary>Copies that may wait for the sinks; more are dropped and counted.</summary>
    /// <value>Default: 4,096. Range: 1 to 1,048,576.</value>
    public int QueueLimit { get; init; } = 4096;

    /// <summary>Features whose values are replaced by NaN in the copies, by name.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyCollection<string> Redacted { get; init; } = [];

    /// <summary>Whether the copies are without the requests' keys.</summary>
    /// <value>Default: false.</value>
    public bool RedactsKeys { get; init; }

    internal void Validate()
    {
        if (!(Share is >= 0 and <= 1))
            throw new InvalidDefinitionException($"PayloadLog.Share {Share} is not allowed: it lies between 0 and 1.");
        if (QueueLimit is < 1 or > 1 << 20)
            throw new InvalidDefinitionException($"PayloadLog.QueueLimit {QueueLimit} is not allowed: use 1 to {1 << 20}.");
    }
}
