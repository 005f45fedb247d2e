using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.AspNetCore.Tests;

/// <summary>Models of any element type.</summary>
internal static class TestModels
{
    /// <summary>Gives back what it takes: [N, 2] of a type.</summary>
    public static byte[] Identity(TensorType type) => OnnxModels.Model(graph =>
    {
        OnnxModels.Node(graph, "Identity", ["input"], ["output"]);
        Info(graph, 11, "input", type, "N", 2);
        Info(graph, 12, "output", type, "N", 2);
    });

    /// <summary>Two inputs [N], float and int64, given back as "second" and "first".</summary>
    public static byte[] Pair() => OnnxModels.Model(graph =>
    {
        OnnxModels.Node(graph, "Identity", ["a"], ["first"]);
        OnnxModels.Node(graph, "Identity", ["b"], ["second"]);
        Info(graph, 11, "a", TensorType.Float, "N");
        Info(graph, 11, "b", TensorType.Int64, "M");
        Info(graph, 12, "first", TensorType.Float, "N");
        Info(graph, 12, "second", TensorType.Int64, "M");
    });

    private static void Info(ProtoWriter graph, int field, string name, TensorType type, params object[] shape) =>
        graph.Message(field, info => info.Text(1, name).Message(2, t => t.Message(1, tensor => tensor.Int(1, (int)type).Message(2, dimensions =>
        {
            foreach (var dimension in shape)
            {
                dimensions.Message(1, d =>
                {
                    if (dimension is string symbol)
                        d.Text(2, symbol);
                    else
                        d.Int(1, Convert.ToInt64(dimension, System.Globalization.CultureInfo.InvariantCulture));
                });
            }
        }))));
}
