namespace MlOps.Serving;

/// <summary>What a request says about itself beside its features. The default value says nothing.</summary>
public readonly record struct PredictionContext
{
    /// <summary>Keeps requests of the same key on the same variant, for instance a customer's number.</summary>
    public string? Key { get; init; }

    /// <summary>How long the request may wait for its batch; null takes <see cref="ServingOptions.RequestTimeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Which requests go first while more rows wait than fit one batch.</summary>
    /// <value>Default: <see cref="RequestPriority.Normal"/>.</value>
    public RequestPriority Priority { get; init; }

    /// <summary>
    /// Who asks, for instance a tenant: while more rows wait than fit one batch, callers take turns, and when the queue is full the
    /// caller with the most rows waiting loses one first. Null stands in line with all others that say nothing.
    /// </summary>
    public string? Caller { get; init; }

    /// <summary>The moment of the request: looked-up features are as of it, and the prediction is logged under it; null means now.</summary>
    public Timestamp? AsOf { get; init; }

    /// <summary>The answer's identity, so that a replayed request is logged once; null makes a new one.</summary>
    public PredictionId? Id { get; init; }
}
