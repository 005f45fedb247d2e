namespace MlOps.Features;

/// <summary>A service's features with those computed from the request and without hidden ones. Allocates nothing; safe beside writers.</summary>
internal sealed class ComputedVectorSource(FeatureVectorSource stored, TransformPlan plan) : IFeatureVectorSource, ITypedVectorSource
{
    /// <inheritdoc />
    public string Id => stored.Id;

    /// <inheritdoc />
    public IReadOnlyList<string> KeyNames => stored.KeyNames;

    /// <inheritdoc />
    public IReadOnlyList<string> FeatureNames => plan.FeatureNames;

    /// <inheritdoc />
    public IReadOnlyList<RequestInput> RequestInputs => plan.Requests;

    /// <inheritdoc />
    public ValueTask ReadAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default) =>
        ReadAsync(keys, default, asOf, destination, cancellationToken);

    /// <inheritdoc />
    public ValueTask ReadAsync(
        ReadOnlyMemory<string> keys, ReadOnlyMemory<FeatureValue> request, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default)
    {
        if (destination.Length < FeatureNames.Count)
            throw new InvalidInputException($"Feature service '{Id}' writes {FeatureNames.Count} features; the destination has room for {destination.Length}.");
        var row = new ValueRow();
        using var buffer = new ValueBuffer(row, plan.SlotCount);
        Read(keys.Span, request.Span, asOf, buffer.Values, destination.Span);
        return default;
    }

    /// <inheritdoc />
    public bool KnowsAges => true;

    /// <inheritdoc />
    public async ValueTask ReadWithAgesAsync(
        ReadOnlyMemory<string> keys, ReadOnlyMemory<FeatureValue> request, Timestamp asOf, Memory<float> destination, Memory<long> ages, CancellationToken cancellationToken = default)
    {
        await ReadAsync(keys, request, asOf, destination, cancellationToken).ConfigureAwait(false);
        ReadAges(keys.Span, asOf, ages.Span);
    }

    private void ReadAges(ReadOnlySpan<string> keys, Timestamp asOf, Span<long> ages)
    {
        var known = System.Buffers.ArrayPool<long>.Shared.Rent(plan.StoredCount);
        stored.ReadAges(keys, asOf, known);
        var outputs = plan.Outputs;
        for (var i = 0; i < outputs.Length; i++)
            ages[i] = outputs[i] < plan.StoredCount ? known[outputs[i]] : -1;
        System.Buffers.ArrayPool<long>.Shared.Return(known);
    }

    /// <inheritdoc />
    public void Read(ReadOnlySpan<string> keys, ReadOnlySpan<FeatureValue> request, Timestamp asOf, Span<FeatureValue> destination)
    {
        var row = new ValueRow();
        using var buffer = new ValueBuffer(row, plan.SlotCount);
        Fill(keys, request, asOf, buffer.Values);
        var outputs = plan.Outputs;
        for (var i = 0; i < outputs.Length; i++)
            destination[i] = buffer.Values[outputs[i]];
    }

    private void Read(ReadOnlySpan<string> keys, ReadOnlySpan<FeatureValue> request, Timestamp asOf, Span<FeatureValue> slots, Span<float> destination)
    {
        Fill(keys, request, asOf, slots);
        var outputs = plan.Outputs;
        for (var i = 0; i < outputs.Length; i++)
        {
            ref readonly var value = ref slots[outputs[i]];
            if (value.Type is DataType.String or DataType.Timestamp)
                throw new InvalidInputException(
                    $"Feature '{FeatureNames[i]}' of service '{Id}' is {value.Type}, which a vector of floats cannot hold: hide it, encode it in a computed feature, or read with IFeatureReader.");
            destination[i] = value.ToSingle();
        }
    }

    private void Fill(ReadOnlySpan<string> keys, ReadOnlySpan<FeatureValue> request, Timestamp asOf, Span<FeatureValue> slots)
    {
        stored.Read(keys, default, asOf, slots[..plan.StoredCount]);
        plan.Accept(Id, request, slots);
        plan.Run(slots);
    }
}
