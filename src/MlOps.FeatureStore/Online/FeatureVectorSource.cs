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

    /// <summary>Asks again whether the caller of a read may see the values; null where every reader may.</summary>
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
        var values = destination.Span;
        Check(keys.Length, 1, values.Length);
        foreach (ref readonly var part in _parts.AsSpan())
        {
            var state = part.View.State!;
            var entity = state.Find(new EntityKey(keys.Span, part.Keys));
            if (!state.Read(entity, asOf.Microseconds, part.Program, values.Slice(part.Start, part.Features.Length)))
                part.View.CountCoarseRead();
        }

        return default;
    }

    /// <inheritdoc />
    public bool KnowsAges => true;

    /// <inheritdoc />
    public async ValueTask ReadWithAgesAsync(
        ReadOnlyMemory<string> keys, ReadOnlyMemory<FeatureValue> request, Timestamp asOf, Memory<float> destination, Memory<long> ages, CancellationToken cancellationToken = default)
    {
        if (!request.IsEmpty)
            throw new InvalidInputException($"Feature service '{Id}' takes no request values; {request.Length} were given.");
        await ReadAsync(keys, asOf, destination, cancellationToken).ConfigureAwait(false);
        ReadAges(keys.Span, asOf, ages.Span);
    }

    /// <summary>How old the newest event behind each feature is; a moment before that event, and an entity never seen, have no age.</summary>
    public void ReadAges(ReadOnlySpan<string> keys, Timestamp asOf, Span<long> ages)
    {
        if (ages.Length < FeatureNames.Count)
            throw new InvalidInputException($"Feature service '{Id}' writes {FeatureNames.Count} ages; there is room for {ages.Length}.");
        foreach (ref readonly var part in _parts.AsSpan())
        {
            var state = part.View.State!;
            var newest = state.NewestEvent(state.Find(new EntityKey(keys, part.Keys)));
            ages.Slice(part.Start, part.Features.Length).Fill(newest == long.MinValue || newest > asOf.Microseconds ? -1 : asOf.Microseconds - newest);
        }
    }

    /// <inheritdoc />
    public void Read(ReadOnlySpan<string> keys, ReadOnlySpan<FeatureValue> request, Timestamp asOf, Span<FeatureValue> destination)
    {
        if (!request.IsEmpty)
            throw new InvalidInputException($"Feature service '{Id}' takes no request values; {request.Length} were given.");
        Check(keys.Length, 1, destination.Length);
        foreach (ref readonly var part in _parts.AsSpan())
        {
            var state = part.View.State!;
            var entity = state.Find(new EntityKey(keys, part.Keys));
            if (!state.Read(entity, asOf.Microseconds, part.Program, destination.Slice(part.Start, part.Features.Length)))
                part.View.CountCoarseRead();
        }
    }

    /// <inheritdoc />
    public ValueTask ReadManyAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default)
    {
        var values = destination.Span;
        var entities = keys.Length / KeyNames.Count;
        Check(keys.Length, entities, values.Length);
        Span<ulong> hashes = stackalloc ulong[OnlineState.ManyAtOnce];
        Span<long> found = stackalloc long[OnlineState.ManyAtOnce];
        for (var first = 0; first < entities; first += OnlineState.ManyAtOnce)
        {
            var count = Math.Min(OnlineState.ManyAtOnce, entities - first);
            var given = keys.Span.Slice(first * KeyNames.Count, count * KeyNames.Count);
            var rows = values.Slice(first * FeatureNames.Count, count * FeatureNames.Count);
            foreach (ref readonly var part in _parts.AsSpan())
                ReadMany(part, given, asOf.Microseconds, rows, hashes[..count], found[..count]);
        }

        return default;
    }

    // Memory is asked for in steps over all entities, so that they wait together and not one after another.
    private void ReadMany(in Part part, ReadOnlySpan<string> keys, long now, Span<float> values, Span<ulong> hashes, Span<long> found)
    {
        var state = part.View.State!;
        var width = KeyNames.Count;
        found.Clear();
        for (var i = 0; i < found.Length; i++)
        {
            var key = keys.Slice(i * width, width);
            foreach (var place in part.Keys)
            {
                if (key[place] is null)
                    found[i] = -1;
            }

            if (found[i] < 0)
                continue;
            hashes[i] = state.Entities.Hash(new EntityKey(key, part.Keys));
            state.Entities.PrefetchSlot(hashes[i]);
        }

        for (var i = 0; i < found.Length; i++)
        {
            if (found[i] >= 0)
                state.Entities.PrefetchEntity(hashes[i]);
        }

        for (var i = 0; i < found.Length; i++)
        {
            if (found[i] < 0)
                continue;
            if (state.Entities.Candidate(hashes[i]) is >= 0 and var number)
                state.Prefetch(number);
            found[i] = state.Entities.Find(new EntityKey(keys.Slice(i * width, width), part.Keys), hashes[i]);
        }

        for (var i = 0; i < found.Length; i++)
        {
            if (!state.Read(found[i], now, part.Program, values.Slice((i * FeatureNames.Count) + part.Start, part.Features.Length)))
                part.View.CountCoarseRead();
        }
    }

    private void Check(int keys, int entities, int room)
    {
        Guard?.Require();
        if (keys != entities * KeyNames.Count || keys == 0)
            throw new InvalidInputException($"Feature service '{Id}' takes {KeyNames.Count} key(s) ({string.Join(", ", KeyNames)}); {keys} were given.");
        if (room < entities * FeatureNames.Count)
            throw new InvalidInputException($"Feature service '{Id}' writes {FeatureNames.Count * entities} features; the destination has room for {room}.");
    }

    /// <summary>One view of the service: where its keys stand in a request, which features, where they go.</summary>
    internal readonly record struct Part(OnlineView View, int[] Keys, int[] Features, int Start)
    {
        public ReadProgram Program { get; } = new(View.Layout, Features);
    }
}
