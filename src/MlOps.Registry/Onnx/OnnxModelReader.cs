namespace MlOps.Registry;

/// <summary>
/// Reads the signature of an ONNX model from its bytes (onnx.proto, IR versions 3 and later) in one pass with bounded memory:
/// weights are skipped; every tensor, also those of nested graphs, is asked whether its bytes lie elsewhere. The bytes are untrusted; what does not parse or is out of proportion is refused.
/// It does not judge whether the graph may be run.
/// </summary>
public static partial class OnnxModelReader
{
    /// <summary>The only entry of a shape whose number of dimensions is not known.</summary>
    public const string UnknownRank = "...";

    /// <summary>The entry of a dimension that has neither a number nor a symbol.</summary>
    public const string UnknownDimension = "?";

    private const int MaximumInitializers = 200_000;
    private const int MaximumTypeDepth = 8;
    private const int MaximumNameLength = 1_000;

    private static readonly string[] ElementTypes =
    [
        "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32", "uint64",
        "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1",
    ];

    /// <summary>Reads a model from memory.</summary>
    /// <param name="onnx">The bytes of the file.</param>
    /// <returns>What it says about itself.</returns>
    /// <exception cref="InvalidInputException">The bytes are not an ONNX model.</exception>
    public static OnnxModel Read(ReadOnlyMemory<byte> onnx)
    {
        using var stream = new MemoryStream(onnx.ToArray(), writable: false);
        return Read(stream);
    }

    /// <summary>Reads a model from a stream, to its end.</summary>
    /// <param name="onnx">The file.</param>
    /// <param name="maximumBytes">The largest file accepted; the format itself ends at 2 GiB.</param>
    /// <returns>What it says about itself.</returns>
    /// <exception cref="InvalidInputException">The bytes are not an ONNX model.</exception>
    public static OnnxModel Read(Stream onnx, long maximumBytes = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(onnx);
        var reader = new ProtoReader(onnx, maximumBytes);
        var graph = new Graph();
        var hasGraph = false;
        var irVersion = 0L;
        var producer = "";
        var opsets = new SortedDictionary<string, long>(StringComparer.Ordinal);
        while (reader.NextField(long.MaxValue, out var field, out var wire))
        {
            switch (field, wire)
            {
                case (1, WireType.Varint):
                    irVersion = (long)reader.ReadVarint(long.MaxValue);
                    break;
                case (2, WireType.Length):
                    producer = reader.ReadString(long.MaxValue, MaximumNameLength);
                    break;
                case (7, WireType.Length):
                    if (hasGraph)
                        throw reader.Refused("a second graph");
                    hasGraph = true;
                    ReadGraph(reader, reader.BeginLength(long.MaxValue), graph);
                    break;
                case (20, WireType.Length):
                    ReadTraining(reader, reader.BeginLength(long.MaxValue), graph);
                    break;
                case (25, WireType.Length):
                    ReadFunction(reader, reader.BeginLength(long.MaxValue), graph);
                    break;
                case (8, WireType.Length):
                    ReadOpset(reader, reader.BeginLength(long.MaxValue), opsets);
                    break;
                default:
                    reader.Skip(wire, long.MaxValue);
                    break;
            }
        }

        if (!hasGraph || irVersion < 1)
            throw new InvalidInputException($"The {reader.Position} bytes are not an ONNX model: they have no {(hasGraph ? "ir_version" : "graph")}. Export the model as ONNX.");
        return new OnnxModel
        {
            Signature = new ModelSignature([.. graph.Inputs.Where(input => !graph.Initializers.Contains(input.Name))], graph.Outputs, []),
            IrVersion = irVersion,
            Opsets = opsets,
            Producer = producer,
            GraphName = graph.Name,
            Nodes = graph.Nodes,
            Initializers = graph.Initializers.Count,
            HasExternalData = graph.HasExternalData,
        };
    }

    private static void ReadGraph(ProtoReader reader, long end, Graph graph)
    {
        while (reader.NextField(end, out var field, out var wire))
        {
            switch (field, wire)
            {
                case (1, WireType.Length):
                    graph.Nodes++;
                    ReadNode(reader, reader.BeginLength(end), graph, 0);
                    break;
                case (2, WireType.Length):
                    graph.Name = reader.ReadString(end, MaximumNameLength);
                    break;
                case (5, WireType.Length):
                    AddInitializer(reader, graph, ReadTensor(reader, reader.BeginLength(end), graph));
                    break;
                case (15, WireType.Length):
                    AddInitializer(reader, graph, ReadSparseTensor(reader, reader.BeginLength(end), graph));
                    break;
                case (11, WireType.Length):
                    Add(reader, graph.Inputs, ReadValueInfo(reader, reader.BeginLength(end)));
                    break;
                case (12, WireType.Length):
                    Add(reader, graph.Outputs, ReadValueInfo(reader, reader.BeginLength(end)));
                    break;
                default:
                    reader.Skip(wire, end);
                    break;
            }
        }

        RefuseTwins(reader, "inputs", graph.Inputs);
        RefuseTwins(reader, "outputs", graph.Outputs);
    }

    private static void Add(ProtoReader reader, List<TensorSpec> tensors, TensorSpec tensor)
    {
        // Inputs may repeat the initializers (IR version 3), so that they share their bound.
        if (tensors.Count >= MaximumInitializers)
            throw reader.Refused($"more than {MaximumInitializers} inputs or outputs");
        tensors.Add(tensor);
    }

    private static void RefuseTwins(ProtoReader reader, string what, List<TensorSpec> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (tensors.Find(tensor => !names.Add(tensor.Name)) is { } twin)
            throw reader.Refused($"two {what} of the name '{NameRules.Shown(twin.Name)}'");
    }

    private static void AddInitializer(ProtoReader reader, Graph graph, string name)
    {
        if (graph.Initializers.Count >= MaximumInitializers)
            throw reader.Refused($"more than {MaximumInitializers} initializers");
        if (!graph.Initializers.Add(name))
            throw reader.Refused($"two initializers of the name '{NameRules.Shown(name)}', of which a runtime takes either");
    }

    private static void ReadOpset(ProtoReader reader, long end, SortedDictionary<string, long> opsets)
    {
        var domain = "";
        var version = 0L;
        while (reader.NextField(end, out var field, out var wire))
        {
            if (field is 1 && wire == WireType.Length)
                domain = reader.ReadString(end, MaximumNameLength);
            else if (field is 2 && wire == WireType.Varint)
                version = (long)reader.ReadVarint(end);
            else
                reader.Skip(wire, end);
        }

        if (opsets.Count >= 1_000)
            throw reader.Refused("more than 1000 operator sets");
        opsets[domain] = version;
    }

    private static TensorSpec ReadValueInfo(ProtoReader reader, long end)
    {
        var name = "";
        var type = new TensorSpec("", ElementTypes[0], [UnknownRank]);
        while (reader.NextField(end, out var field, out var wire))
        {
            if (field is 1 && wire == WireType.Length)
                name = reader.ReadString(end, MaximumNameLength);
            else if (field is 2 && wire == WireType.Length)
                type = ReadType(reader, reader.BeginLength(end), 0);
            else
                reader.Skip(wire, end);
        }

        return type with { Name = name };
    }

    private static TensorSpec ReadType(ProtoReader reader, long end, int depth)
    {
        if (depth > MaximumTypeDepth)
            throw reader.Refused($"a type nested more than {MaximumTypeDepth} deep");
        var type = new TensorSpec("", ElementTypes[0], [UnknownRank]);
        while (reader.NextField(end, out var field, out var wire))
        {
            switch (field, wire)
            {
                case (1, WireType.Length):
                    type = ReadTensorType(reader, reader.BeginLength(end));
                    break;
                case (8, WireType.Length):
                    type = ReadTensorType(reader, reader.BeginLength(end));
                    type = type with { ElementType = $"sparse({type.ElementType})" };
                    break;
                case (4, WireType.Length):
                    type = new TensorSpec("", $"seq({ReadContainer(reader, reader.BeginLength(end), depth).Value})", []);
                    break;
                case (9, WireType.Length):
                    type = new TensorSpec("", $"optional({ReadContainer(reader, reader.BeginLength(end), depth).Value})", []);
                    break;
                case (5, WireType.Length):
                    var (key, value) = ReadContainer(reader, reader.BeginLength(end), depth, isMap: true);
                    type = new TensorSpec("", $"map({key},{value})", []);
                    break;
                default:
                    reader.Skip(wire, end);
                    break;
            }
        }

        return type;
    }

    // Sequence and Optional hold their element type in field 1, Map its key in field 1 and its value type in field 2.
    private static (string Key, string Value) ReadContainer(ProtoReader reader, long end, int depth, bool isMap = false)
    {
        var (key, value) = (ElementTypes[0], ElementTypes[0]);
        while (reader.NextField(end, out var field, out var wire))
        {
            if (isMap && field is 1 && wire == WireType.Varint)
                key = ElementType(reader.ReadVarint(end));
            else if (field == (isMap ? 2 : 1) && wire == WireType.Length)
                value = ReadType(reader, reader.BeginLength(end), depth + 1).ElementType;
            else
                reader.Skip(wire, end);
        }

        return (key, value);
    }

    private static TensorSpec ReadTensorType(ProtoReader reader, long end)
    {
        var element = ElementTypes[0];
        List<string>? shape = null;
        while (reader.NextField(end, out var field, out var wire))
        {
            if (field is 1 && wire == WireType.Varint)
                element = ElementType(reader.ReadVarint(end));
            else if (field is 2 && wire == WireType.Length)
                ReadShape(reader, reader.BeginLength(end), shape ??= []);
            else
                reader.Skip(wire, end);
        }

        return new TensorSpec("", element, shape is null ? [UnknownRank] : shape);
    }

    private static void ReadShape(ProtoReader reader, long end, List<string> shape)
    {
        while (reader.NextField(end, out var field, out var wire))
        {
            if (field is not 1 || wire != WireType.Length)
            {
                reader.Skip(wire, end);
                continue;
            }

            if (shape.Count >= RegistryLimits.Dimensions)
                throw reader.Refused($"a tensor of more than {RegistryLimits.Dimensions} dimensions");
            shape.Add(ReadDimension(reader, reader.BeginLength(end)));
        }
    }

    private static string ReadDimension(ProtoReader reader, long end)
    {
        var dimension = UnknownDimension;
        while (reader.NextField(end, out var field, out var wire))
        {
            if (field is 1 && wire == WireType.Varint)
            {
                var size = (long)reader.ReadVarint(end);
                dimension = size < 0 ? throw reader.Refused($"a dimension of {size}") : size.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
            else if (field is 2 && wire == WireType.Length)
            {
                var symbol = reader.ReadString(end, RegistryLimits.FieldNameLength);
                dimension = symbol.Length == 0 ? UnknownDimension : symbol;
            }
            else
            {
                reader.Skip(wire, end);
            }
        }

        return dimension;
    }

    private static string ElementType(ulong number) => number < (ulong)ElementTypes.Length ? ElementTypes[number] : $"type{number}";

    private sealed class Graph
    {
        public string Name { get; set; } = "";

        public int Nodes { get; set; }

        public bool HasExternalData { get; set; }

        public HashSet<string> Initializers { get; } = new(StringComparer.Ordinal);

        public List<TensorSpec> Inputs { get; } = [];

        public List<TensorSpec> Outputs { get; } = [];
    }
}
