namespace MlOps.Features;

/// <summary>Features as 32-bit floats.</summary>
internal readonly ref struct FloatSink(Span<float> destination) : IFeatureSink
{
    private readonly Span<float> _destination = destination;

    public void Number(int at, DataType type, double value) => _destination[at] = (float)value;

    public void Floats(int at, ReadOnlySpan<float> values) => values.CopyTo(_destination[at..]);

    public void Word(int at, DataType type, long word) => _destination[at] = word;

    public void Text(int at, string? text) => _destination[at] = float.NaN;

    public void None(int at, DataType type) => _destination[at] = float.NaN;
}
