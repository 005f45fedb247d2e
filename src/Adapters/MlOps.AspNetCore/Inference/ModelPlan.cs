using System.Globalization;
using System.Text;
using System.Text.Json;
using MlOps.Registry;
using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>What a model version takes and gives, prepared for reading requests and writing answers. Immutable.</summary>
internal sealed class ModelPlan
{
    public ModelPlan(ModelVersionRef version, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        Version = version;
        VersionText = version.Version.ToString(CultureInfo.InvariantCulture);
        VersionEncoded = JsonEncodedText.Encode(VersionText);
        Inputs = Plans(inputs);
        Outputs = Plans(outputs);
        OutputNames = [.. Outputs.Select(output => output.Name)];
        Hidden = outputs.Count - Outputs.Length;

        // The rule by which runtimes map rows of floats to rows of floats: one float input [N, ...], and the first float output.
        if (inputs.Count != 1 || Inputs.Length != 1 || Inputs[0].Type != TensorType.Float || Inputs[0].Dimensions.Length < 2 || Width(Inputs[0]) is not (> 0 and <= 1 << 20 and var width))
            return;
        for (var i = 0; i < Outputs.Length; i++)
        {
            if (Outputs[i] is not { Type: TensorType.Float, Dimensions.Length: > 0 } || Width(Outputs[i]) is not (> 0 and <= 1 << 20 and var scores))
                continue;
            (RowWidth, RowOutput, RowOutputWidth) = ((int)width, i, (int)scores);
            RowShape = [1, .. Outputs[i].Dimensions[1..]];
            return;
        }
    }

    public ModelVersionRef Version { get; }

    public string VersionText { get; }

    public JsonEncodedText VersionEncoded { get; }

    public TensorPlan[] Inputs { get; }

    public TensorPlan[] Outputs { get; }

    /// <summary>The outputs that the protocol can carry.</summary>
    public string[] OutputNames { get; }

    /// <summary>Outputs that it cannot: sequences and maps.</summary>
    public int Hidden { get; }

    /// <summary>Floats in a row of the single input; 0 when the model has no rows.</summary>
    public int RowWidth { get; }

    /// <summary>Which output a row's scores are.</summary>
    public int RowOutput { get; } = -1;

    public int RowOutputWidth { get; }

    public int[] RowShape { get; } = [];

    public static int Find(TensorPlan[] plans, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < plans.Length; i++)
        {
            if (name.SequenceEqual(plans[i].Utf8))
                return i;
        }

        return -1;
    }

    public static string Describe(TensorPlan[] plans) => string.Join(", ", plans.AsEnumerable());

    /// <summary>The shape that data of so many elements has for an input with at most one dimension that varies.</summary>
    public static int[] ShapeOf(TensorPlan input, long elements)
    {
        var open = input.Dimensions.Count(dimension => dimension < 0);
        var known = input.Dimensions.Where(dimension => dimension >= 0).Aggregate(1L, (product, dimension) => product * dimension);
        if (open > 1)
            throw ProtocolException.Malformed($"A raw binary request takes an input with at most one dimension that varies; the model's is {input}.");
        if (open == 0 ? elements != known : known == 0 || elements % known != 0)
            throw ProtocolException.Unfit($"The body holds {elements} elements, which is no whole input {input}.");
        return [.. input.Dimensions.Select(dimension => dimension < 0 ? (int)(elements / known) : dimension)];
    }

    private static TensorPlan[] Plans(IReadOnlyList<TensorSpec> specs) =>
        [.. specs.Select(spec => (Spec: spec, Type: DataTypes.OfSignature(spec.ElementType))).Where(pair => pair.Type is not null).Select(pair => new TensorPlan(pair.Spec, pair.Type!.Value))];

    private static long Width(TensorPlan tensor)
    {
        var width = 1L;
        foreach (var dimension in tensor.Dimensions.AsSpan(1))
            width = dimension <= 0 ? -1 : width < 0 ? -1 : Math.Min(width * dimension, 1L << 40);
        return width;
    }
}
