namespace MlOps.Serving;

/// <summary>How an endpoint looks up features for callers that send keys.</summary>
public sealed record FeatureLookup
{
    /// <summary>The feature service of the same environment.</summary>
    public required string Service { get; init; }

    /// <summary>What happens when a feature is missing.</summary>
    /// <value>Default: <see cref="MissingRule.Pass"/>.</value>
    public MissingRule OnMissing { get; init; } = MissingRule.Pass;

    /// <summary>How old a feature's newest event may be at the moment of the request.</summary>
    /// <value>Default: null, any age.</value>
    public TimeSpan? MaximumAge { get; init; }

    /// <summary>What happens when a feature is older.</summary>
    /// <value>Default: null, the same as when it is missing.</value>
    public MissingRule? OnStale { get; init; }
}
