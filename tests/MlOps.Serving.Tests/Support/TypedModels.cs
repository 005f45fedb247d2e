using System.Globalization;

namespace MlOps.Serving.Tests;

/// <summary>One-node models over any type that ONNX has.</summary>
internal static class TypedModels
{
    /// <summary>y = Identity(x).</summary>
    public static byte[] Identity(int elementType, params object[] shape) => Model("Identity", ["x"], ["y"], graph =>
    {
        Info(graph, 11, "x", type => Tensor(type, elementType, shape));
        Info(graph, 12, "y", type => Tensor(type, elementType, shape));
    });

    /// <summary>Probabilities [N, 2] to a sequence of maps by label.</summary>
    public static byte[] ZipMap() => Model("ZipMap", ["x"], ["y"], graph =>
    {
        Info(graph, 11, "x", type => Tensor(type, 1, "N", 2));
        Info(graph, 12, "y", type => Sequence(type, map => Map(map, 8, 1)));
    }, node => node.Message(5, attribute => attribute.Text(1, "classlabels_strings").Text(9, "no").Text(9, "yes").Int(20, 8)), "ai.onnx.ml");

    /// <summary>A map from text to numbers, to a row of them.</summary>
    public static byte[] DictVectorizer() => Model("DictVectorizer", ["x"], ["y"], graph =>
    {
        Info(graph, 11, "x", type => Map(type, 8, 1));
        Info(graph, 12, "y", type => Tensor(type, 1, 1, 3));
    }, node => node.Message(5, attribute => attribute.Text(1, "string_vocabulary").Text(9, "a").Text(9, "b").Text(9, "c").Int(20, 8)), "ai.onnx.ml");

    /// <summary>Item i of a sequence of floats.</summary>
    public static byte[] SequenceAt() => Model("SequenceAt", ["x", "i"], ["y"], graph =>
    {
        Info(graph, 11, "x", type => Sequence(type, item => Tensor(item, 1, "N")));
        Info(graph, 11, "i", type => Tensor(type, 7));
        Info(graph, 12, "y", type => Tensor(type, 1, "N"));
    });

    /// <summary>A sequence of both inputs.</summary>
    public static byte[] SequenceConstruct() => Model("SequenceConstruct", ["a", "b"], ["y"], graph =>
    {
        Info(graph, 11, "a", type => Tensor(type, 1, "N"));
        Info(graph, 11, "b", type => Tensor(type, 1, "N"));
        Info(graph, 12, "y", type => Sequence(type, item => Tensor(item, 1, "N")));
    });

    /// <summary>y = a + b; b has a default of 10 when it is left out.</summary>
    public static byte[] AddWithDefault() => Model("Add", ["a", "b"], ["y"], graph =>
    {
        OnnxModels.Tensor(graph, "b", [1], [10]);
        Info(graph, 11, "a", type => Tensor(type, 1, "N"));
        Info(graph, 11, "b", type => Tensor(type, 1, 1));
        Info(graph, 12, "y", type => Tensor(type, 1, "N"));
    });

    /// <summary>y = a + b over the same N.</summary>
    public static byte[] Add(params object[] shape) => Model("Add", ["a", "b"], ["y"], graph =>
    {
        Info(graph, 11, "a", type => Tensor(type, 1, shape));
        Info(graph, 11, "b", type => Tensor(type, 1, shape));
        Info(graph, 12, "y", type => Tensor(type, 1, shape));
    });

    /// <summary>double[N, 2] to its negative, and a text that nobody asks for.</summary>
    public static byte[] NegRows(int elementType) => Model("Neg", ["x"], ["y"], graph =>
    {
        graph.Message(1, node => node.Text(1, "x").Text(2, "s").Text(4, "Cast").Message(5, attribute => attribute.Text(1, "to").Int(3, 8).Int(20, 2)));
        Info(graph, 11, "x", type => Tensor(type, elementType, "N", 2));
        Info(graph, 12, "s", type => Tensor(type, 8, "N", 2));
        Info(graph, 12, "y", type => Tensor(type, elementType, "N", 2));
    });

    public static byte[] Model(
        string operation, string[] inputs, string[] outputs, Action<ProtoWriter> graph, Action<ProtoWriter>? attributes = null, string domain = "") =>
        new ProtoWriter().Int(1, 8).Text(2, "tests").Message(7, g =>
        {
            g.Message(1, node =>
            {
                foreach (var input in inputs)
                    node.Text(1, input);
                foreach (var output in outputs)
                    node.Text(2, output);
                node.Text(4, operation);
                attributes?.Invoke(node);
                if (domain.Length > 0)
                    node.Text(7, domain);
            });
            graph(g);
            g.Text(2, "graph");
        }).Message(8, opset => opset.Text(1, "").Int(2, 17)).Message(8, opset => opset.Text(1, "ai.onnx.ml").Int(2, 1)).ToArray();

    public static void Info(ProtoWriter graph, int field, string name, Action<ProtoWriter> type) => graph.Message(field, info => info.Text(1, name).Message(2, type));

    public static void Tensor(ProtoWriter type, int element, params object[] shape) => type.Message(1, tensor => tensor.Int(1, element).Message(2, dimensions =>
    {
        foreach (var dimension in shape)
        {
            dimensions.Message(1, d =>
            {
                if (dimension is string symbol)
                    d.Text(2, symbol);
                else
                    d.Int(1, Convert.ToInt64(dimension, CultureInfo.InvariantCulture));
            });
        }
    }));

    private static void Sequence(ProtoWriter type, Action<ProtoWriter> element) => type.Message(4, sequence => sequence.Message(1, element));

    private static void Map(ProtoWriter type, int key, int value) => type.Message(5, map => map.Int(1, key).Message(2, v => v.Message(1, tensor => tensor.Int(1, value))));
}
