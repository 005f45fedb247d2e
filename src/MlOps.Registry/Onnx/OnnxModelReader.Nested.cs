namespace MlOps.Registry;

/// <summary>
/// The walk over every tensor of a model: initializers, attributes of nodes, their subgraphs, functions, training graphs. A tensor
/// anywhere may point outside the file, and a runtime follows it wherever it stands.
/// </summary>
public static partial class OnnxModelReader
{
    // ONNX Runtime takes the bytes of such a tensor from an address in its own memory; in a file it reads whatever lies there.
    private const string MemoryAddress = "_ORT_MEM_ADDR_";
    private const int MaximumGraphDepth = 32;
    private const int MaximumLocationLength = 10_000;

    private static void ReadNode(ProtoReader reader, long end, Graph graph, int depth)
    {
        while (reader.NextField(end, out var field, out var wire))
        {
            if (field is 5 && wire == WireType.Length)
                ReadAttribute(reader, reader.BeginLength(end), graph, depth);
            else
                reader.Skip(wire, end);
        }
    }

    private static void ReadAttribute(ProtoReader reader, long end, Graph graph, int depth)
    {
        while (reader.NextField(end, out var field, out var wire))
        {
            switch (field, wire)
            {
                case (5 or 10, WireType.Length):
                    ReadTensor(reader, reader.BeginLength(end), graph);
                    break;
                case (22 or 23, WireType.Length):
                    ReadSparseTensor(reader, reader.BeginLength(end), graph);
                    break;
                case (6 or 11, WireType.Length):
                    ReadSubgraph(reader, reader.BeginLength(end), graph, depth + 1);
                    break;
                default:
                    reader.Skip(wire, end);
                    break;
            }
        }
    }

    private static void ReadSubgraph(ProtoReader reader, long end, Graph graph, int depth)
    {
        if (depth > MaximumGraphDepth)
            throw reader.Refused($"graphs nested more than {MaximumGraphDepth} deep");
        while (reader.NextField(end, out var field, out var wire))
        {
            switch (field, wire)
            {
                case (1, WireType.Length):
                    ReadNode(reader, reader.BeginLength(end), graph, depth);
                    break;
                case (5, WireType.Length):
                    ReadTensor(reader, reader.BeginLength(end), graph);
                    break;
                case (15, WireType.Length):
                    ReadSparseTensor(reader, reader.BeginLength(end), graph);
                    break;
                default:
                    reader.Skip(wire, end);
                    break;
            }
        }
    }

    private static void ReadFunction(ProtoReader reader, long end, Graph graph)
    {
        while (reader.NextField(end, out var field, out var wire))
        {
            if (field is 7 && wire == WireType.Length)
                ReadNode(reader, reader.BeginLength(end), graph, 1);
            else if (field is 11 && wire == WireType.Length)
                ReadAttribute(reader, reader.BeginLength(end), graph, 1);
            else
                reader.Skip(wire, end);
        }
    }

    private static void ReadTraining(ProtoReader reader, long end, Graph graph)
    {
        while (reader.NextField(end, out var field, out var wire))
        {
            if (field is 1 or 2 && wire == WireType.Length)
                ReadSubgraph(reader, reader.BeginLength(end), graph, 1);
            else
                reader.Skip(wire, end);
        }
    }

    private static string ReadSparseTensor(ProtoReader reader, long end, Graph graph)
    {
        var name = "";
        while (reader.NextField(end, out var field, out var wire))
        {
            if (field is 1 && wire == WireType.Length)
                name = ReadTensor(reader, reader.BeginLength(end), graph);
            else if (field is 2 && wire == WireType.Length)
                _ = ReadTensor(reader, reader.BeginLength(end), graph);
            else
                reader.Skip(wire, end);
        }

        return name;
    }

    private static string ReadTensor(ProtoReader reader, long end, Graph graph)
    {
        var name = "";
        UInt128 elements = 1;
        while (reader.NextField(end, out var field, out var wire))
        {
            switch (field, wire)
            {
                case (1, WireType.Varint):
                    elements = Times(reader, elements, reader.ReadVarint(end));
                    break;
                case (1, WireType.Length):
                    var stop = reader.BeginLength(end);
                    while (reader.Position < stop)
                        elements = Times(reader, elements, reader.ReadVarint(stop));
                    break;
                case (8, WireType.Length):
                    name = reader.ReadString(end, MaximumNameLength);
                    break;
                case (13, WireType.Length):
                    graph.HasExternalData = true;
                    ReadLocation(reader, reader.BeginLength(end));
                    break;
                case (14, WireType.Varint):
                    graph.HasExternalData |= reader.ReadVarint(end) != 0;
                    break;
                default:
                    reader.Skip(wire, end);
                    break;
            }
        }

        return name;
    }

    private static UInt128 Times(ProtoReader reader, UInt128 elements, ulong size)
    {
        if (size > long.MaxValue)
            throw reader.Refused($"a tensor with a dimension of {(long)size}");
        return elements * size is var product && product <= long.MaxValue ? product : throw reader.Refused($"a tensor of {product} elements");
    }

    private static void ReadLocation(ProtoReader reader, long end)
    {
        while (reader.NextField(end, out var field, out var wire))
        {
            if (field is not 2 || wire != WireType.Length)
            {
                reader.Skip(wire, end);
                continue;
            }

            if (reader.ReadString(end, MaximumLocationLength).Contains(MemoryAddress, StringComparison.OrdinalIgnoreCase))
                throw reader.Refused("a tensor whose bytes are said to lie at an address in memory");
        }
    }
}
