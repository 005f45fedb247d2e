namespace MlOps.Features;

/// <summary>Features with their types.</summary>
internal readonly ref struct ValueSink(Span<FeatureValue> destination) : IFeatureSink
{
    private readonly Span<FeatureValue> _destination = destination;

    public void Number(int at, DataType type, double value) =>
        _destination[at] = type == DataType.Float64 ? FeatureValue.Of(value) : FeatureValue.Of((float)value);

    public void Floats(int at, ReadOnlySpan<float> values)
    {
        var destination = _destination.Slice(at, values.Length);
        for (var i = 0; i < values.Length; i++)
            destination[i] = FeatureValue.Of(values[i]);
    }

    public void Word(int at, DataType type, long word) => _destination[at] = type switch
    {
        DataType.Boolean => FeatureValue.Of(word != 0),
        DataType.Timestamp => FeatureValue.Of(new Timestamp(word)),
        _ => FeatureValue.Of(word),
    };

    public void Text(int at, string? text) => _destination[at] = FeatureValue.Of(text);

    public void None(int at, DataType type) => _destination[at] = FeatureValue.None(type);
}
