using System.Runtime.InteropServices;

namespace MlOps.Serving.Tests;

/// <summary>Small ONNX models with weights from a seed.</summary>
internal static class OnnxModels
{
    /// <summary>float[N, sizes[0]] -> Gemm, Relu, ... -> float[N, sizes[^1]], tanh in between.</summary>
    public static byte[] Mlp(int seed, params int[] sizes) => Mlp(seed, "N", sizes);

    public static byte[] Mlp(int seed, object batch, params int[] sizes)
    {
        var random = new Random(seed);
        return Model(graph =>
        {
            var current = "input";
            for (var layer = 0; layer + 1 < sizes.Length; layer++)
            {
                var last = layer + 2 == sizes.Length;
                var (from, to) = (sizes[layer], sizes[layer + 1]);
                var next = last ? "output" : $"h{layer}";
                Node(graph, "Gemm", [current, $"w{layer}", $"b{layer}"], [last ? next : next + "z"]);
                if (!last)
                    Node(graph, "Relu", [next + "z"], [next]);
                Tensor(graph, $"w{layer}", [from, to], Values(random, from * to, 1f / MathF.Sqrt(from)));
                Tensor(graph, $"b{layer}", [to], Values(random, to, 0.1f));
                current = next;
            }

            ValueInfo(graph, 11, "input", batch, sizes[0]);
            ValueInfo(graph, 12, "output", batch, sizes[^1]);
        });
    }

    /// <summary>y = x * scale, row by row: tells versions apart.</summary>
    public static byte[] Scale(float scale, int width) => Model(graph =>
    {
        Node(graph, "Mul", ["input", "scale"], ["output"]);
        Tensor(graph, "scale", [1], [scale]);
        ValueInfo(graph, 11, "input", "N", width);
        ValueInfo(graph, 12, "output", "N", width);
    });

    public static byte[] Model(Action<ProtoWriter> graph, Action<ProtoWriter>? more = null)
    {
        var model = new ProtoWriter().Int(1, 8).Text(2, "tests").Message(7, g =>
        {
            graph(g);
            g.Text(2, "graph");
        }).Message(8, opset => opset.Text(1, "").Int(2, 17));
        more?.Invoke(model);
        return model.ToArray();
    }

    public static void Node(ProtoWriter graph, string operation, string[] inputs, string[] outputs, Action<ProtoWriter>? attributes = null) =>
        graph.Message(1, node =>
        {
            foreach (var input in inputs)
                node.Text(1, input);
            foreach (var output in outputs)
                node.Text(2, output);
            node.Text(4, operation);
            attributes?.Invoke(node);
        });

    public static void Tensor(ProtoWriter graph, string name, long[] shape, float[] values) =>
        graph.Message(5, tensor => TensorBody(tensor, name, shape, 1, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));

    public static void TensorBody(ProtoWriter tensor, string name, long[] shape, int type, byte[] raw)
    {
        foreach (var dimension in shape)
            tensor.Int(1, dimension);
        tensor.Int(2, type).Text(8, name).Bytes(9, raw);
    }

    public static void ValueInfo(ProtoWriter graph, int field, string name, params object[] shape) =>
        graph.Message(field, info => info.Text(1, name).Message(2, type => type.Message(1, tensor => tensor.Int(1, 1).Message(2, dimensions =>
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

    public static float[] Values(Random random, int count, float scale = 1f)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (float)((random.NextDouble() * 2) - 1) * scale;
        return values;
    }
}
