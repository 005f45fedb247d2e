namespace MlOps.Serving;

/// <summary>What endpoints do besides predicting: resilience, exposure, payload logs, feature look-up by key.</summary>
public sealed record EndpointPolicies
{
    /// <summary>Resilience of endpoints that <see cref="ResilienceByEndpoint"/> does not name.</summary>
    /// <value>Default: null, none.</value>
    public ResilienceOptions? Resilience { get; init; }

    /// <summary>Resilience of single endpoints, by endpoint name; null there means none.</summary>
    public IDictionary<string, ResilienceOptions?> ResilienceByEndpoint { get; } = new Dictionary<string, ResilienceOptions?>(StringComparer.Ordinal);

    /// <summary>Which assignments of keys to variants are remembered.</summary>
    public ExposureOptions Exposure { get; init; } = new();

    /// <summary>Copies of requests and answers for <see cref="IPayloadSink"/>s.</summary>
    public PayloadLogOptions PayloadLog { get; init; } = new();

    /// <summary>How endpoints look up features for callers that send only keys, by endpoint name.</summary>
    public IDictionary<string, FeatureLookup> Lookups { get; } = new Dictionary<string, FeatureLookup>(StringComparer.Ordinal);

    internal ResilienceOptions? ResilienceOf(string endpoint)
    {
        var own = ResilienceByEndpoint.TryGetValue(endpoint, out var named) ? named : Resilience;
        if (own is null || (own.Timeout is null && own.Circuit is null && own.Hedging is null && own.Fallbacks.Count == 0))
            return null;
        own.Validate(endpoint);
        return own;
    }
}
