namespace MlOps.Features;

/// <summary>A source whose answers are logged when their keys are chosen. The store's own source is silent once the host watches one around it.</summary>
internal sealed class WatchedVectorSource(IFeatureVectorSource source, SkewTap tap, bool isInner) : IFeatureVectorSource
{
    /// <inheritdoc />
    public string Id => source.Id;

    /// <inheritdoc />
    public IReadOnlyList<string> KeyNames => source.KeyNames;

    /// <inheritdoc />
    public IReadOnlyList<string> FeatureNames => source.FeatureNames;

    /// <inheritdoc />
    public ValueTask ReadAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default)
    {
        var reading = source.ReadAsync(keys, asOf, destination, cancellationToken);
        if ((isInner && tap.HasOuter) || !tap.IsChosen(keys.Span))
            return reading;
        if (!reading.IsCompletedSuccessfully)
            return AwaitAsync(reading, keys, asOf, destination);
        reading.GetAwaiter().GetResult();
        tap.Take(keys.Span, asOf, destination.Span[..FeatureNames.Count]);
        return default;
    }

    private async ValueTask AwaitAsync(ValueTask reading, ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination)
    {
        await reading.ConfigureAwait(false);
        tap.Take(keys.Span, asOf, destination.Span[..FeatureNames.Count]);
    }
}
