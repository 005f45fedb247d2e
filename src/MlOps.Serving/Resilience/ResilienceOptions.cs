namespace MlOps.Serving;

/// <summary>
/// What an endpoint does when the version that should answer is slow, fails or is refused. What is not set costs nothing. With a timeout
/// or hedging each attempt runs on a pool thread and on memory of its own, so that a session that hangs can be left behind.
/// </summary>
public sealed record ResilienceOptions
{
    /// <summary>How long one attempt may take.</summary>
    /// <value>Default: null, without limit. Range: at least 10 ms.</value>
    public TimeSpan? Timeout { get; init; }

    /// <summary>When a version that fails is not asked any more for a while.</summary>
    /// <value>Default: null, it is always asked.</value>
    public CircuitOptions? Circuit { get; init; }

    /// <summary>A second request beside one that is slow.</summary>
    /// <value>Default: null, none.</value>
    public HedgingOptions? Hedging { get; init; }

    /// <summary>Who answers instead, in this order; each is tried once. A request that the model calls invalid input is not tried again.</summary>
    /// <value>Default: empty.</value>
    public IReadOnlyList<Fallback> Fallbacks { get; init; } = [];

    internal bool IsIsolated => Timeout is not null || Hedging is not null;

    internal void Validate(string endpoint)
    {
        if (Timeout is { } timeout && (timeout < TimeSpan.FromMilliseconds(10) || timeout > TimeSpan.FromDays(1)))
            throw new InvalidDefinitionException($"Endpoint '{endpoint}': Resilience.Timeout {timeout} is not allowed: use 10 ms to one day.");
        Circuit?.Validate(endpoint);
        Hedging?.Validate(endpoint);
        for (var i = 0; i < Fallbacks.Count; i++)
        {
            if (Fallbacks[i] is null)
                throw new InvalidDefinitionException($"Endpoint '{endpoint}': Resilience.Fallbacks[{i}] is null.");
            if (Fallbacks[i].Endpoint == endpoint)
                throw new InvalidDefinitionException($"Endpoint '{endpoint}': Resilience.Fallbacks[{i}] is the endpoint itself: name another, or an older version.");
            if (Fallbacks[i].IsDefault && i != Fallbacks.Count - 1)
                throw new InvalidDefinitionException($"Endpoint '{endpoint}': Resilience.Fallbacks[{i}] is the default answer, after which nothing is tried: put it last.");
        }
    }
}
