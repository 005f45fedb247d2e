using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Serving;

/// <summary>One input of a model as a stretch of a flat row.</summary>
internal sealed class FlatPart
{
    private FlatPart(string name, TensorElementType type, long[] shape, int batchAxis, int offset, double constant)
    {
        Name = name;
        Type = type;
        Shape = shape;
        BatchAxis = batchAxis;
        Offset = offset;
        Constant = constant;
        Outer = (int)Product(shape, 0, Math.Max(0, batchAxis));
        Inner = (int)Product(shape, batchAxis + 1, shape.Length);
    }

    public string Name { get; }

    public TensorElementType Type { get; }

    /// <summary>The shape for one row.</summary>
    public long[] Shape { get; }

    /// <summary>Where the rows lie; -1 for an input that all rows share.</summary>
    public int BatchAxis { get; }

    /// <summary>Where the part begins in a row.</summary>
    public int Offset { get; }

    /// <summary>The value of a shared input.</summary>
    public double Constant { get; }

    /// <summary>Pieces of a row, apart by all rows: the product of the dimensions before the batch.</summary>
    public int Outer { get; }

    /// <summary>Elements of a piece.</summary>
    public int Inner { get; }

    public int Width => BatchAxis < 0 ? 0 : Outer * Inner;

    public bool IsFloat => Type == TensorElementType.Float;

    /// <summary>Lays out the inputs of a session; says also which batch size they fix.</summary>
    public static (FlatPart[] Parts, int? FixedBatch) Of(InferenceSession session, IReadOnlyDictionary<string, int> dimensions, IReadOnlyDictionary<string, double> constants, string subject)
    {
        var parts = new List<FlatPart>();
        var batch = BatchSymbol(session);
        int? fixedBatch = null;
        var offset = 0;
        foreach (var name in session.InputNames)
        {
            var metadata = session.InputMetadata[name];
            if (!metadata.IsTensor || metadata.ElementDataType is not (TensorElementType.Float or TensorElementType.Int64 or TensorElementType.Int32 or TensorElementType.Bool))
                throw new InvalidDefinitionException($"Input '{name}' of {subject} is {metadata.ElementDataType}; the tuner makes float, int64, int32 and bool inputs.");
            var shape = new long[metadata.Dimensions.Length];
            var axis = constants.ContainsKey(name) || shape.Length == 0 ? -1 : AxisOf(metadata, batch);
            for (var i = 0; i < shape.Length; i++)
                shape[i] = i == axis ? 1 : Size(metadata, i, dimensions, subject, name);
            if (axis >= 0 && metadata.Dimensions[axis] > 0)
                fixedBatch = metadata.Dimensions[axis];
            var part = new FlatPart(name, metadata.ElementDataType, shape, axis, offset, constants.GetValueOrDefault(name, 1));
            parts.Add(part);
            offset = checked(offset + part.Width);
        }

        return offset > 0 ? ([.. parts], fixedBatch) : throw new InvalidDefinitionException($"No input of {subject} has a dimension for rows.");
    }

    public long[] ShapeFor(int rows)
    {
        var shape = (long[])Shape.Clone();
        if (BatchAxis >= 0)
            shape[BatchAxis] = rows;
        return shape;
    }

    // The first dynamic dimension of the first input is what rows are counted by; other inputs name the same symbol.
    private static string? BatchSymbol(InferenceSession session)
    {
        foreach (var name in session.InputNames)
        {
            var metadata = session.InputMetadata[name];
            if (metadata.Dimensions.Length > 0 && metadata.Dimensions[0] < 0)
                return Symbol(metadata, 0);
        }

        return null;
    }

    private static int AxisOf(NodeMetadata metadata, string? batch)
    {
        if (!string.IsNullOrEmpty(batch))
        {
            for (var i = 0; i < metadata.Dimensions.Length; i++)
            {
                if (metadata.Dimensions[i] < 0 && Symbol(metadata, i) == batch)
                    return i;
            }
        }

        if (metadata.Dimensions[0] < 0)
            return 0;

        // Recurrent states have their layers in front: [2, N, width].
        var dynamic = Array.FindIndex(metadata.Dimensions, dimension => dimension < 0);
        return dynamic > 0 && metadata.Dimensions.Length == 3 && dynamic == 1 ? 1 : 0;
    }

    private static long Size(NodeMetadata metadata, int axis, IReadOnlyDictionary<string, int> dimensions, string subject, string name)
    {
        if (metadata.Dimensions[axis] > 0)
            return metadata.Dimensions[axis];
        var symbol = Symbol(metadata, axis);
        if (dimensions.TryGetValue($"{name}:{axis}", out var size) || (symbol.Length > 0 && dimensions.TryGetValue(symbol, out size)))
            return size;
        throw new InvalidDefinitionException(
            $"Dimension {axis} of input '{name}' of {subject} may have any size{(symbol.Length > 0 ? $" ('{symbol}')" : "")}: say in Dimensions what to tune for, by {(symbol.Length > 0 ? $"'{symbol}' or " : "")}'{name}:{axis}'.");
    }

    private static string Symbol(NodeMetadata metadata, int axis) => axis < metadata.SymbolicDimensions.Length ? metadata.SymbolicDimensions[axis] : "";

    private static long Product(long[] shape, int from, int to)
    {
        var product = 1L;
        for (var i = from; i < to; i++)
            product = checked(product * shape[i]);
        return product;
    }
}
