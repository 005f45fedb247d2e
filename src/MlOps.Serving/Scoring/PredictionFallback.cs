namespace MlOps.Serving;

/// <summary>What a look-up does when no prediction is stored, or only one that is too old.</summary>
public sealed record PredictionFallback
{
    /// <summary>The oldest prediction that is taken.</summary>
    /// <value>Default: null, any age.</value>
    public TimeSpan? MaximumAge { get; init; }

    /// <summary>Predicts for a key now; null when it cannot.</summary>
    public Func<string, CancellationToken, ValueTask<float[]?>>? Live { get; init; }

    /// <summary>The key whose stored prediction answers when <see cref="Live"/> does not, for instance that of the most popular entity; it is held to no age.</summary>
    public string? PopularKey { get; init; }

    /// <summary>The answer when all else fails.</summary>
    public IReadOnlyList<float>? Default { get; init; }
}
