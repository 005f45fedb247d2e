namespace MlOps.Features;

/// <summary>Where read features go; a struct, so that each destination gets code of its own.</summary>
internal interface IFeatureSink
{
    /// <summary>A feature of a float type.</summary>
    void Number(int at, DataType type, double value);

    /// <summary>Neighbouring plain floats.</summary>
    void Floats(int at, ReadOnlySpan<float> values);

    /// <summary>An integer, flag or moment.</summary>
    void Word(int at, DataType type, long word);

    void Text(int at, string? text);

    void None(int at, DataType type);
}
