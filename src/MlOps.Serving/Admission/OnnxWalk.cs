namespace MlOps.Serving;

/// <summary>
/// Walks an ONNX ModelProto (onnx.proto3, github.com/onnx/onnx) without building it: every graph, node, attribute and tensor, those in
/// subgraphs, functions and sparse tensors included. Refuses what ONNX Runtime does not refuse itself. One walk per instance.
/// </summary>
internal sealed partial class OnnxWalk(ModelAdmissionOptions options)
{
    private const int LongestName = 4096;
    private const ulong NewestPlausible = 1000;
    private readonly List<(string Kind, ProtoReader Message)> _path = [];
    private readonly Dictionary<string, FunctionBody> _functions = new(StringComparer.Ordinal);
    private FunctionBody _body = new();
    private int _nodes;
    private int _tensors;
    private int _entries;

    /// <summary>What the main graph consists of, for <see cref="OnnxProof"/>; null when it holds something that no proof covers.</summary>
    public OnnxOutline? Outline { get; private set; } = new();

    public void Model(ProtoSource source)
    {
        if (source.Length == 0)
            throw new InvalidInputException("The model file is empty.");
        var graphs = 0;
        var version = 0UL;
        var main = _body;
        var reader = new ProtoReader(source);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    reader.Once("ir_version");
                    version = reader.Number();
                    break;
                case 7:
                    if (++graphs > 1)
                        throw ProtoReader.Malformed("2 graphs");
                    Graph(reader.Bytes(), 1, null, null);
                    break;
                case 8:
                    Entry();
                    OperatorSet(reader.Bytes());
                    break;
                case 14:
                    Entry();
                    reader.Skip();
                    break;
                case 20:
                    throw new InvalidInputException("The model carries training information: export it for inference.");
                case 25:
                    Function(reader.Bytes());
                    _body = main;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Outline?.IrVersion = version;
        if (graphs != 1 || version is 0 or > NewestPlausible)
            throw new InvalidInputException($"The file is not an ONNX model: it has {graphs} graphs and IR version {version}.");
        CheckFunctions(main);
        CheckConsumers();
    }

    private void OperatorSet(ProtoReader reader)
    {
        var version = 0UL;
        var domain = "";
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                reader.Once("domain");
                domain = reader.Text(LongestName);
            }
            else if (reader.Field == 2)
            {
                reader.Once("version");
                version = reader.Number();
            }
            else
            {
                reader.Skip();
            }
        }

        if (version > NewestPlausible)
            throw ProtoReader.Malformed($"the operator set version {version}");
        Outline?.Add(Outline.OperatorSets, domain, version);
    }

    private void Graph(ProtoReader reader, int depth, Scope? parent, Consumer? loop)
    {
        if (depth > options.MaximumDepth)
            throw Refused($"graphs are nested deeper than {options.MaximumDepth}", nameof(ModelAdmissionOptions.MaximumDepth));
        if (depth > 1)
            Outline = null;
        _path.Add(("graph", reader));
        var scope = new Scope(parent, loop);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Node(reader.Bytes(), depth, scope);
                    break;
                case 2:
                    reader.Once("name");
                    reader.Skip();
                    break;
                case 5:
                    Tensor(reader.Bytes(), scope, null, depth == 1 ? Outline : null);
                    break;
                case 15:
                    Outline = null;
                    SparseTensor(reader.Bytes());
                    break;
                case 11 or 12 or 13:
                    ValueInfo(reader.Bytes(), depth == 1 && reader.Field < 13 ? Outline : null, reader.Field == 11);
                    break;
                case 14 or 16:
                    Entry();
                    reader.Skip();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        _path.RemoveAt(_path.Count - 1);
    }

    private void Node(ProtoReader message, int depth, Scope scope)
    {
        if (++_nodes > options.MaximumNodes)
            throw Refused($"there are more than {options.MaximumNodes} nodes", nameof(ModelAdmissionOptions.MaximumNodes));
        _path.Add(("node", message));
        var (operation, domain) = ("", "");
        var attributes = 0;
        var reader = message;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 or 2:
                    Entry();
                    CheckName(reader.Bytes());
                    break;
                case 3:
                    reader.Once("name");
                    CheckName(reader.Bytes());
                    break;
                case 4:
                    reader.Once("op_type");
                    operation = reader.Text(LongestName);
                    break;
                case 5:
                    Entry();
                    attributes++;
                    reader.Skip();
                    break;
                case 7:
                    reader.Once("domain");
                    domain = reader.Text(LongestName);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        _body.Call(domain, operation);
        var consumer = Consume(operation, message, scope);
        Outline?.Add(depth, new OutlineNode(domain, operation, message));
        if (attributes > 0)
        {
            reader = message;
            while (reader.Next())
            {
                if (reader.Field == 5)
                    Attribute(reader.Bytes(), depth, operation, scope, consumer, message);
                else
                    reader.Skip();
            }
        }

        _path.RemoveAt(_path.Count - 1);
    }

    private void Attribute(ProtoReader message, int depth, string operation, Scope scope, Consumer? consumer, ProtoReader node)
    {
        var name = "";
        var reader = message;
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            reader.Once("name");
            name = reader.Text(LongestName);
        }

        var constant = operation == "Constant" ? FirstOutput(node) : null;
        List<long>? integers = null;
        List<double>? reals = null;
        reader = message;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    reader.Once("f");
                    reader.Reals(reals ??= [], ConstantEntries, 4);
                    break;
                case 3:
                    reader.Once("i");
                    reader.Numbers(integers ??= [], ConstantEntries);
                    break;
                case 4 or 20 or 21:
                    reader.Once("attribute");
                    reader.Skip();
                    break;
                case 5:
                    reader.Once("t");
                    Tensor(reader.Bytes(), scope, constant, null);
                    break;
                case 10:
                    Tensor(reader.Bytes(), scope, null, null);
                    break;
                case 6:
                    reader.Once("g");
                    Graph(reader.Bytes(), depth + 1, scope, consumer);
                    break;
                case 11:
                    Graph(reader.Bytes(), depth + 1, scope, consumer);
                    break;
                case 7:
                    reader.Reals(reals ??= [], ConstantEntries, 4);
                    break;
                case 8:
                    reader.Numbers(integers ??= [], ConstantEntries);
                    break;
                case 9:
                    Entry();
                    reader.Skip();
                    break;
                case 14:
                    reader.Once("tp");
                    TypeShape(reader.Bytes(), "an attribute", 0);
                    break;
                case 15:
                    TypeShape(reader.Bytes(), "an attribute", 0);
                    break;
                case 22:
                    reader.Once("sparse_tensor");
                    Outline = null;
                    SparseTensor(reader.Bytes());
                    break;
                case 23:
                    Outline = null;
                    SparseTensor(reader.Bytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (constant is not null && (integers ?? (object?)reals) is not null)
            scope.Constants[constant] = integers is not null ? [.. integers] : [.. reals!];
        if (integers is not null)
            CheckCounts(operation, name, integers);
        else if (reals is not null && name == "scales")
            CheckImplied([.. reals], "the attribute 'scales'");
    }

    private static string? FirstInput(ProtoReader node) => First(node, 1);

    private static string? FirstOutput(ProtoReader node) => First(node, 2);

    private static string? First(ProtoReader node, int field)
    {
        while (node.Next())
        {
            if (node.Field == field)
                return node.Bytes().Text();
            node.Skip();
        }

        return null;
    }

    private void Entry()
    {
        if (++_entries > options.MaximumEntries)
            throw Refused($"there are more than {options.MaximumEntries} names, attributes and other entries", nameof(ModelAdmissionOptions.MaximumEntries));
    }

    private static void CheckName(ProtoReader name)
    {
        if (name.Remaining > LongestName)
            throw ProtoReader.Malformed($"a name of {name.Remaining} bytes; at most {LongestName} are let pass");
    }

    private InvalidInputException Refused(string what, string? option) => Refused(Place(), what, option);

    private static InvalidInputException Refused(string place, string what, string? option) => new(
        $"{(place.Length == 0 ? "Model" : place)}: {what}.{(option is null ? "" : $" Raise ModelAdmissionOptions.{option} if the model is trusted.")}");

    // Names are decoded only when somebody has to be told.
    private string Place() => string.Join(", ", _path.Select(level => Describe(level.Kind, level.Message)));

    private static string Describe(string kind, ProtoReader message)
    {
        var (name, operation) = ("", "");
        var field = kind switch { "graph" => 2, "tensor" => 8, "function" => 1, _ => 3 };
        try
        {
            while (message.Next())
            {
                if (message.Field == field)
                    name = message.Bytes().Text();
                else if (message.Field == 4 && kind == "node")
                    operation = message.Bytes().Text();
                else
                    message.Skip();
            }
        }
        catch (InvalidInputException)
        {
            // The rest of the message is malformed; what is known of its name is told.
        }

        return $"{kind} {(name.Length == 0 ? "without name" : $"'{name}'")}{(operation.Length == 0 ? "" : $" ({operation})")}";
    }
}
