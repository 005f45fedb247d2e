namespace MlOps.Serving;

/// <summary>What a look-up does when no prediction is stored, or only one that is too old.</summary>
public sealed record PredictionFallback
{
    /// <summary>The oldest prediction that is taken.</summary>
    /// <value>Default: null, any age.</value>
    public TimeSpan? MaximumAge { get; init; }

    /// <summary>Predicts for a key now; null when it cannot.</summary>
    public Func<string, CancellationToken, ValueTask<float[]?>>? Live { get; init; }

    /// <summary>The answer when all else fails, for instance that of the popular entity.</summary>
    public IReadOnlyList<float>? Default { get; init; }
}
