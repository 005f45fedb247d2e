using System.Buffers;

namespace MlOps.Features;

/// <summary>Reads a service's features from the online states of its views. Allocates nothing; safe beside writers.</summary>
internal sealed class FeatureVectorSource : IFeatureVectorSource, ITypedVectorSource
{
    private readonly Part[] _parts;

    public FeatureVectorSource(string id, IReadOnlyList<string> keyNames, IReadOnlyList<string> featureNames, Part[] parts)
    {
        Id = id;
        KeyNames = keyNames;
        FeatureNames = featureNames;
        _parts = parts;
    }

    /// <summary>Asks again when somebody else reads than the caller for whom the source was opened; null where there is nothing to ask.</summary>
    public SourceGuard? Guard { get; init; }

    /// <inheritdoc />
    public string Id { get; }

    /// <inheritdoc />
    public IReadOnlyList<string> KeyNames { get; }

    /// <inheritdoc />
    public IReadOnlyList<string> FeatureNames { get; }

    /// <inheritdoc />
    public ValueTask ReadAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default)
    {
        Read(keys.Span, asOf, destination.Span);
        return default;
    }

    /// <inheritdoc />
    public void Read(ReadOnlySpan<string> keys, ReadOnlySpan<FeatureValue> request, Timestamp asOf, Span<FeatureValue> destination)
    {
        if (!request.IsEmpty)
            throw new InvalidInputException($"Feature service '{Id}' takes no request values; {request.Length} were given.");
        var count = FeatureNames.Count;
        var rented = count > 512 ? ArrayPool<float>.Shared.Rent(count) : null;
        var floats = rented is null ? stackalloc float[count] : rented.AsSpan(0, count);
        Read(keys, asOf, floats);
        for (var i = 0; i < floats.Length; i++)
            destination[i] = floats[i];
        if (rented is not null)
            ArrayPool<float>.Shared.Return(rented);
    }

    private void Read(ReadOnlySpan<string> given, Timestamp asOf, Span<float> values)
    {
        Guard?.Require();
        if (given.Length != KeyNames.Count)
            throw new InvalidInputException($"Feature service '{Id}' takes {KeyNames.Count} key(s) ({string.Join(", ", KeyNames)}); {given.Length} were given.");
        if (values.Length < FeatureNames.Count)
            throw new InvalidInputException($"Feature service '{Id}' writes {FeatureNames.Count} features; the destination has room for {values.Length}.");
        foreach (ref readonly var part in _parts.AsSpan())
        {
            var state = part.View.State!;
            var entity = state.Keys.First(given[part.Keys[0]]);
            for (var p = 1; p < part.Keys.Length; p++)
                entity = state.Keys.Next(entity, p, given[part.Keys[p]]);
            if (!state.Read(entity, asOf.Microseconds, part.Features, values.Slice(part.Start, part.Features.Length)))
                part.View.CountCoarseRead();
        }
    }

    /// <summary>One view of the service: where its keys stand in a request, which features, where they go.</summary>
    internal readonly record struct Part(OnlineView View, int[] Keys, int[] Features, int Start);
}
