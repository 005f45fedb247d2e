using System.Text;

namespace MlOps.Serving;

/// <summary>
/// Walks an ONNX ModelProto (onnx.proto3, github.com/onnx/onnx) without building it: every graph, node, attribute and tensor, those in
/// subgraphs, functions and sparse tensors included. Refuses what ONNX Runtime does not refuse itself.
/// </summary>
internal sealed class OnnxWalk(ModelAdmissionOptions options)
{
    private const int ShapeConstantEntries = 64;
    private int _nodes;
    private int _tensors;

    public void Model(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            throw new InvalidInputException("The model file is empty.");
        var graphs = 0;
        var version = 0UL;
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    version = reader.Number();
                    break;
                case 7:
                    graphs++;
                    Graph(reader.Bytes(), 1);
                    break;
                case 20:
                    throw new InvalidInputException("The model carries training information: export it for inference.");
                case 25:
                    Function(reader.Bytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (graphs != 1 || version == 0)
            throw new InvalidInputException($"The file is not an ONNX model: it has {graphs} graphs and IR version {version}.");
    }

    private void Graph(ReadOnlySpan<byte> bytes, int depth)
    {
        if (depth > options.MaximumDepth)
            throw new InvalidInputException($"The model nests graphs deeper than {options.MaximumDepth}.");
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Node(reader.Bytes(), depth);
                    break;
                case 5:
                    Tensor(reader.Bytes());
                    break;
                case 15:
                    SparseTensor(reader.Bytes());
                    break;
                case 11 or 12 or 13:
                    ValueInfo(reader.Bytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void Function(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 7:
                    Node(reader.Bytes(), 1);
                    break;
                case 11:
                    Attribute(reader.Bytes(), 1, "Function");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void Node(ReadOnlySpan<byte> bytes, int depth)
    {
        if (++_nodes > options.MaximumNodes)
            throw new InvalidInputException($"The model has more than {options.MaximumNodes} nodes. Raise ModelAdmissionOptions.MaximumNodes if the model is trusted.");
        var operation = "";
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 4)
                operation = Text(reader.Bytes());
            else
                reader.Skip();
        }

        if (!options.AllowLoops && operation is "Loop" or "Scan")
            throw new InvalidInputException($"The model contains a {operation} node, whose running time has no bound. Set ModelAdmissionOptions.AllowLoops if the model is trusted.");
        reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 5)
                Attribute(reader.Bytes(), depth, operation);
            else
                reader.Skip();
        }
    }

    private void Attribute(ReadOnlySpan<byte> bytes, int depth, string operation)
    {
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 5 or 10:
                    Tensor(reader.Bytes());
                    break;
                case 6 or 11:
                    Graph(reader.Bytes(), depth + 1);
                    break;
                case 22 or 23:
                    SparseTensor(reader.Bytes());
                    break;
                case 8 when operation is "Constant" or "Pad" or "Tile" or "Expand" or "Upsample":
                    var numbers = new List<long>();
                    reader.Numbers(numbers, ShapeConstantEntries);
                    CheckShapeConstant(numbers, "an attribute of " + operation);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void SparseTensor(ReadOnlySpan<byte> bytes)
    {
        var dimensions = new List<long>();
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 or 2:
                    Tensor(reader.Bytes());
                    break;
                case 3:
                    reader.Numbers(dimensions, ShapeConstantEntries);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        CheckShape(dimensions, 8, "a sparse tensor");
    }

    private void Tensor(ReadOnlySpan<byte> bytes)
    {
        if (++_tensors > options.MaximumTensors)
            throw new InvalidInputException($"The model stores more than {options.MaximumTensors} tensors.");
        var dimensions = new List<long>();
        var values = new List<long>();
        var type = 0;
        var name = "";
        ReadOnlySpan<byte> raw = default;
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    reader.Numbers(dimensions, ShapeConstantEntries);
                    break;
                case 2:
                    type = (int)Math.Min(reader.Number(), 1000);
                    break;
                case 5 or 7:
                    reader.Numbers(values, ShapeConstantEntries + 1);
                    break;
                case 8:
                    name = Text(reader.Bytes());
                    break;
                case 9:
                    raw = reader.Bytes();
                    break;
                case 13:
                    throw new InvalidInputException("The model refers to data outside the file: embed the weights in the ONNX file.");
                case 14:
                    if (reader.Number() != 0)
                        throw new InvalidInputException("The model refers to data outside the file: embed the weights in the ONNX file.");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        var elements = CheckShape(dimensions, ElementSize(type), name.Length == 0 ? "a tensor" : $"tensor '{name}'");
        if (!raw.IsEmpty && (long)ElementSize(type) * elements != raw.Length && ElementSize(type) > 0 && type is not (21 or 22))
            throw new InvalidInputException($"Tensor '{name}' has {raw.Length} bytes where its shape and type need {ElementSize(type) * elements}.");
        if (type is 6 or 7 && elements <= ShapeConstantEntries)
        {
            ProtoReader.IntegersRaw(raw, ElementSize(type), values, ShapeConstantEntries + 1);
            CheckShapeConstant(values, name.Length == 0 ? "a tensor" : $"tensor '{name}'");
        }
    }

    private void ValueInfo(ReadOnlySpan<byte> bytes)
    {
        var name = "";
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1)
                name = Text(reader.Bytes());
            else if (reader.Field == 2)
                TypeShape(reader.Bytes(), name, 0);
            else
                reader.Skip();
        }
    }

    // TypeProto: tensor (1) or sparse tensor (8) of {elem_type 1, shape 2}; sequence (4), map (5) and optional (9) wrap further types.
    private void TypeShape(ReadOnlySpan<byte> bytes, string name, int depth)
    {
        if (depth > options.MaximumDepth)
            throw new InvalidInputException($"The type of '{name}' is nested deeper than {options.MaximumDepth}.");
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 or 8:
                    var dimensions = new List<long>();
                    var type = 0;
                    var tensor = new ProtoReader(reader.Bytes());
                    while (tensor.Next())
                    {
                        if (tensor.Field == 1)
                            type = (int)Math.Min(tensor.Number(), 1000);
                        else if (tensor.Field == 2)
                            Shape(tensor.Bytes(), dimensions);
                        else
                            tensor.Skip();
                    }

                    CheckShape(dimensions, ElementSize(type), $"'{name}'");
                    break;
                case 4 or 9:
                    var inner = new ProtoReader(reader.Bytes());
                    while (inner.Next())
                    {
                        if (inner.Field == 1 && inner.WireType == 2)
                            TypeShape(inner.Bytes(), name, depth + 1);
                        else
                            inner.Skip();
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static void Shape(ReadOnlySpan<byte> bytes, List<long> dimensions)
    {
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            var dimension = new ProtoReader(reader.Bytes());
            var value = 1L;
            while (dimension.Next())
            {
                if (dimension.Field == 1)
                    value = (long)dimension.Number();
                else
                    dimension.Skip();
            }

            if (dimensions.Count < ShapeConstantEntries)
                dimensions.Add(value);
        }
    }

    private long CheckShape(List<long> dimensions, int elementSize, string what)
    {
        UInt128 elements = 1;
        var empty = false;
        foreach (var dimension in dimensions)
        {
            if (dimension < 0)
                throw new InvalidInputException($"The shape of {what} has the negative dimension {dimension}.");
            empty |= dimension == 0;
            if (dimension > 0)
                elements = elements > ulong.MaxValue ? elements : elements * (ulong)dimension;
        }

        if (elements * (uint)Math.Max(1, elementSize) > (UInt128)options.MaximumTensorBytes)
            throw new InvalidInputException(
                $"The shape [{string.Join(", ", dimensions)}] of {what} implies more than {options.MaximumTensorBytes} bytes. Raise ModelAdmissionOptions.MaximumTensorBytes if the model is trusted.");
        return empty ? 0 : (long)elements;
    }

    private void CheckShapeConstant(List<long> values, string what)
    {
        UInt128 product = 1;
        foreach (var value in values)
        {
            // INT64_MAX means "to the end" in Slice; an allocation of that many elements fails in ONNX Runtime by itself.
            if (value == long.MaxValue)
                continue;
            if (value > options.MaximumShapeConstant)
                throw new InvalidInputException(
                    $"The integer {value} in {what} could ask for that many elements; at most {options.MaximumShapeConstant} is let pass. Raise ModelAdmissionOptions.MaximumShapeConstant if the model is trusted.");
            if (value > 0 && product <= ulong.MaxValue)
                product *= (ulong)value;
        }

        if (values.Count <= 8 && product * 4 > (UInt128)options.MaximumTensorBytes)
            throw new InvalidInputException($"The integers [{string.Join(", ", values)}] in {what} imply a tensor of more than {options.MaximumTensorBytes} bytes.");
    }

    private static int ElementSize(int type) => type switch
    {
        1 or 6 or 12 => 4,
        2 or 3 or 9 or 17 or 18 or 19 or 20 or 24 => 1,
        4 or 5 or 10 or 16 => 2,
        7 or 11 or 13 or 14 => 8,
        15 => 16,
        21 or 22 => 1,
        _ => 0,
    };

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.Length > 200 ? bytes[..200] : bytes);
}
