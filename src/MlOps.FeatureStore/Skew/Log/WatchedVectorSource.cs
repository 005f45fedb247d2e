using System.Buffers;

namespace MlOps.Features;

/// <summary>A source whose answers are logged when their keys are chosen. The store's own source is silent once the host watches one around it.</summary>
internal sealed class WatchedVectorSource(IFeatureVectorSource source, SkewTap tap, bool isInner) : IFeatureVectorSource, ITypedVectorSource
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

    /// <inheritdoc />
    public ValueTask ReadManyAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default)
    {
        var reading = source.ReadManyAsync(keys, asOf, destination, cancellationToken);
        if (isInner && tap.HasOuter)
            return reading;
        if (!reading.IsCompletedSuccessfully)
            return AwaitManyAsync(reading, keys, asOf, destination);
        reading.GetAwaiter().GetResult();
        TakeMany(keys.Span, asOf, destination.Span);
        return default;
    }

    /// <inheritdoc />
    public bool KnowsAges => source.KnowsAges;

    /// <inheritdoc />
    public async ValueTask ReadWithAgesAsync(
        ReadOnlyMemory<string> keys, ReadOnlyMemory<FeatureValue> request, Timestamp asOf, Memory<float> destination, Memory<long> ages, CancellationToken cancellationToken = default)
    {
        await source.ReadWithAgesAsync(keys, request, asOf, destination, ages, cancellationToken).ConfigureAwait(false);
        if ((!isInner || !tap.HasOuter) && tap.IsChosen(keys.Span))
            tap.Take(keys.Span, asOf, destination.Span[..FeatureNames.Count]);
    }

    /// <inheritdoc />
    public void Read(ReadOnlySpan<string> keys, ReadOnlySpan<FeatureValue> request, Timestamp asOf, Span<FeatureValue> destination)
    {
        ((ITypedVectorSource)source).Read(keys, request, asOf, destination);
        if ((isInner && tap.HasOuter) || !tap.IsChosen(keys))
            return;
        var count = FeatureNames.Count;
        var rented = ArrayPool<float>.Shared.Rent(count);
        for (var i = 0; i < count; i++)
            rented[i] = destination[i].Type is DataType.String or DataType.Timestamp ? float.NaN : destination[i].ToSingle();
        tap.Take(keys, asOf, rented.AsSpan(0, count));
        ArrayPool<float>.Shared.Return(rented);
    }

    private async ValueTask AwaitManyAsync(ValueTask reading, ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination)
    {
        await reading.ConfigureAwait(false);
        TakeMany(keys.Span, asOf, destination.Span);
    }

    private void TakeMany(ReadOnlySpan<string> keys, Timestamp asOf, ReadOnlySpan<float> values)
    {
        int width = KeyNames.Count, count = FeatureNames.Count;
        for (int key = 0, value = 0; key < keys.Length; key += width, value += count)
        {
            if (tap.IsChosen(keys.Slice(key, width)))
                tap.Take(keys.Slice(key, width), asOf, values.Slice(value, count));
        }
    }

    private async ValueTask AwaitAsync(ValueTask reading, ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination)
    {
        await reading.ConfigureAwait(false);
        tap.Take(keys.Span, asOf, destination.Span[..FeatureNames.Count]);
    }
}
