namespace MlOps.Serving;

/// <summary>A run of features of one origin: the request, or a feature service.</summary>
internal sealed record BindingSegment<TIn>
{
    public string[] Names { get; init; } = [];

    public FeatureEncoder<TIn>? Encode { get; init; }

    public string? Service { get; init; }

    public Func<TIn, string>[] Keys { get; init; } = [];

    public MissingRule OnMissing { get; init; } = MissingRule.Pass;

    public TimeSpan? MaximumAge { get; init; }

    public MissingRule? OnStale { get; init; }

    public LookupRule Rule => new(OnMissing, MaximumAge, OnStale ?? OnMissing);
}
