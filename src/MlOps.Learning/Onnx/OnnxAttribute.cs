namespace MlOps.Learning;

/// <summary>An attribute of an ONNX node; exactly one of the values is there.</summary>
internal sealed record OnnxAttribute(string Name)
{
    // AttributeProto.AttributeType of onnx.proto3
    private const int TypeInteger = 2;
    private const int TypeText = 3;
    private const int TypeSingles = 6;
    private const int TypeIntegers = 7;
    private const int TypeTexts = 8;

    public long? Integer { get; init; }

    public string? Text { get; init; }

    public float[]? Singles { get; init; }

    public long[]? Integers { get; init; }

    public IReadOnlyList<string>? Texts { get; init; }

    public void Write(ProtobufWriter writer)
    {
        writer.Text(1, Name);
        if (Integer is { } integer)
        {
            writer.Integer(3, integer);
            writer.Integer(20, TypeInteger);
        }
        else if (Text is not null)
        {
            writer.Text(4, Text);
            writer.Integer(20, TypeText);
        }
        else if (Singles is not null)
        {
            writer.PackedSingles(7, Singles);
            writer.Integer(20, TypeSingles);
        }
        else if (Integers is not null)
        {
            writer.PackedIntegers(8, Integers);
            writer.Integer(20, TypeIntegers);
        }
        else
        {
            foreach (string text in Texts ?? [])
                writer.Text(9, text);
            writer.Integer(20, TypeTexts);
        }
    }
}
