using System.Text.Json;

namespace MlOps.Learning;

/// <summary>Assembles a ModelProto (onnx.proto3; its field numbers are fixed for ever) with one input and one output.</summary>
internal sealed class OnnxModelWriter(TrainedModel model, OnnxExportOptions options)
{
    private const int IrVersion = 8;
    private const int OpsetVersion = 17;
    private const int MlOpsetVersion = 3;
    private const int ElementFloat = 1;
    private const string MlDomain = "ai.onnx.ml";

    private readonly ProtobufWriter _nodes = new();
    private readonly ProtobufWriter _initializers = new();
    private int _nodeCount;

    public string Input => options.InputName;

    public string Output => options.OutputName ?? (model.Task == LearningTask.Regression ? "prediction" : "probability");

    public void Node(string type, ReadOnlySpan<string> inputs, string output, params ReadOnlySpan<OnnxAttribute> attributes) =>
        Node("", type, inputs, output, attributes);

    public void MlNode(string type, ReadOnlySpan<string> inputs, string output, params ReadOnlySpan<OnnxAttribute> attributes) =>
        Node(MlDomain, type, inputs, output, attributes);

    public void Initializer(string name, ReadOnlySpan<long> shape, ReadOnlySpan<float> values)
    {
        ProtobufWriter tensor = new();
        tensor.PackedIntegers(1, shape);
        tensor.Integer(2, ElementFloat);
        tensor.Text(8, name);
        tensor.Bytes(9, ProtobufWriter.LittleEndian(values));
        _initializers.Bytes(5, tensor.Written);
    }

    public byte[] ToArray()
    {
        ProtobufWriter graph = new();
        graph.Text(2, options.GraphName ?? model.Trainer);
        ProtobufWriter document = new();
        document.Integer(1, IrVersion);
        document.Text(2, "MlOps.Learning");
        document.Bytes(7, [.. _nodes.Written, .. graph.Written, .. _initializers.Written, .. InputAndOutput().Written]);
        Opset(document, "", OpsetVersion);
        Opset(document, MlDomain, MlOpsetVersion);

        Property(document, "mlops.features", JsonSerializer.Serialize([.. model.FeatureNames], ModelJsonContext.Default.StringArray));
        Property(document, "mlops.task", model.Task.ToString());
        Property(document, "mlops.trainer", model.Trainer);
        foreach ((string key, string value) in options.Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            Property(document, key, value);
        return document.Written.ToArray();
    }

    private static void Opset(ProtobufWriter document, string domain, int version) => document.Message(8, opset =>
    {
        opset.Text(1, domain);
        opset.Integer(2, version);
    });

    private static void Property(ProtobufWriter document, string key, string value) => document.Message(14, entry =>
    {
        entry.Text(1, key);
        entry.Text(2, value);
    });

    private static void ValueInfo(ProtobufWriter graph, int field, string name, int columns) => graph.Message(field, info =>
    {
        info.Text(1, name);
        info.Message(2, type => type.Message(1, tensor =>
        {
            tensor.Integer(1, ElementFloat);
            tensor.Message(2, shape =>
            {
                shape.Message(1, dimension => dimension.Text(2, "N"));
                shape.Message(1, dimension => dimension.Integer(1, columns));
            });
        }));
    });

    private ProtobufWriter InputAndOutput()
    {
        ProtobufWriter graph = new();
        ValueInfo(graph, 11, Input, model.FeatureNames.Count);
        ValueInfo(graph, 12, Output, 1);
        return graph;
    }

    private void Node(string domain, string type, ReadOnlySpan<string> inputs, string output, ReadOnlySpan<OnnxAttribute> attributes)
    {
        ProtobufWriter node = new();
        foreach (string input in inputs)
            node.Text(1, input);
        node.Text(2, output);
        node.Text(3, $"{type}_{_nodeCount++}");
        node.Text(4, type);
        foreach (OnnxAttribute attribute in attributes)
            node.Message(5, attribute.Write);
        if (domain.Length > 0)
            node.Text(7, domain);
        _nodes.Bytes(1, node.Written);
    }
}
