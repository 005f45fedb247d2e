namespace MlOps.Features;

/// <summary>Reads a service's features from the online states of its views. Allocates nothing; safe beside writers.</summary>
internal sealed class FeatureVectorSource : IFeatureVectorSource
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
        Guard?.Require();
        var given = keys.Span;
        if (given.Length != KeyNames.Count)
            throw new InvalidInputException($"Feature service '{Id}' takes {KeyNames.Count} key(s) ({string.Join(", ", KeyNames)}); {given.Length} were given.");
        if (destination.Length < FeatureNames.Count)
            throw new InvalidInputException($"Feature service '{Id}' writes {FeatureNames.Count} features; the destination has room for {destination.Length}.");
        var values = destination.Span;
        foreach (ref readonly var part in _parts.AsSpan())
        {
            var state = part.View.State!;
            var entity = state.Keys.First(given[part.Keys[0]]);
            for (var p = 1; p < part.Keys.Length; p++)
                entity = state.Keys.Next(entity, p, given[part.Keys[p]]);
            if (!state.Read(entity, asOf.Microseconds, part.Features, values.Slice(part.Start, part.Features.Length)))
                part.View.CountCoarseRead();
        }

        return default;
    }

    /// <summary>One view of the service: where its keys stand in a request, which features, where they go.</summary>
    internal readonly record struct Part(OnlineView View, int[] Keys, int[] Features, int Start);
}
