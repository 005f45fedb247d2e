namespace MlOps.Serving;

/// <summary>What a request says about itself beside its features. The default value says nothing.</summary>
public readonly record struct PredictionContext
{
    /// <summary>Keeps requests of the same key on the same variant, for instance a customer's number.</summary>
    public string? Key { get; init; }

    /// <summary>How long the request may wait for its batch; null takes <see cref="ServingOptions.RequestTimeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The moment of the request: looked-up features are as of it, and the prediction is logged under it; null means now.</summary>
    public Timestamp? AsOf { get; init; }

    /// <summary>The answer's identity, so that a replayed request is logged once; null makes a new one.</summary>
    public PredictionId? Id { get; init; }
}
