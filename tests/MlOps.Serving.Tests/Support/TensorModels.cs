namespace MlOps.Serving.Tests;

/// <summary>Small models of several inputs and outputs, with weights from a seed.</summary>
internal static class TensorModels
{
    private const int Float = 1;
    private const int Int64 = 7;

    /// <summary>left [batch, l], right [batch, r] -> hidden layers on both -> score [batch, 1], both [batch, l + r].</summary>
    public static byte[] TwoInputs(int seed, int left, int right, params int[] hidden)
    {
        var random = new Random(seed);
        return OnnxModels.Model(graph =>
        {
            OnnxModels.Node(graph, "Concat", ["left", "right"], ["both"], node => Axis(node, 1));
            var (current, width) = ("both", left + right);
            for (var layer = 0; layer <= hidden.Length; layer++)
            {
                var to = layer < hidden.Length ? hidden[layer] : 1;
                var last = layer == hidden.Length;
                OnnxModels.Tensor(graph, $"w{layer}", [width, to], OnnxModels.Values(random, width * to, 1f / MathF.Sqrt(width)));
                OnnxModels.Tensor(graph, $"b{layer}", [to], OnnxModels.Values(random, to, 0.1f));
                OnnxModels.Node(graph, "Gemm", [current, $"w{layer}", $"b{layer}"], [last ? "score" : $"z{layer}"]);
                if (!last)
                    OnnxModels.Node(graph, "Relu", [$"z{layer}"], [$"h{layer}"]);
                (current, width) = ($"h{layer}", to);
            }

            Port(graph, 11, "left", Float, "batch", left);
            Port(graph, 11, "right", Float, "batch", right);
            Port(graph, 12, "score", Float, "batch", 1);
            Port(graph, 12, "both", Float, "batch", left + right);
        });
    }

    /// <summary>x [batch, width], y int64 [batch, width] -> x minus the mean of the batch: rows that depend on their mates.</summary>
    public static byte[] BatchMean(int width) => OnnxModels.Model(graph =>
    {
        OnnxModels.Node(graph, "Cast", ["y"], ["f"], node => node.Message(5, a => a.Text(1, "to").Int(3, Float).Int(20, 2)));
        OnnxModels.Node(graph, "Add", ["x", "f"], ["sum"]);
        OnnxModels.Node(graph, "ReduceMean", ["sum"], ["mean"], node => node.Message(5, a => a.Text(1, "axes").Int(8, 0).Int(20, 7)));
        OnnxModels.Node(graph, "Sub", ["sum", "mean"], ["out"]);
        Port(graph, 11, "x", Float, "batch", width);
        Port(graph, 11, "y", Int64, "batch", width);
        Port(graph, 12, "out", Float, "batch", width);
    });

    /// <summary>
    /// ids int64 [batch, tokens], mask int64 [batch, tokens] -> token embeddings, layers of masked attention and feed-forward with
    /// normalisation -> hidden [batch, tokens, width], pooled [batch, width] (the mean over what the mask lets pass).
    /// </summary>
    public static byte[] Encoder(int seed, int vocabulary, int width, int layers, int inner)
    {
        var random = new Random(seed);
        return OnnxModels.Model(graph =>
        {
            void Weights(string name, params long[] shape) =>
                OnnxModels.Tensor(graph, name, shape, OnnxModels.Values(random, (int)shape.Aggregate(1L, (a, b) => a * b), 1f / MathF.Sqrt(shape[0])));
            string Node(string operation, string output, params string[] inputs)
            {
                OnnxModels.Node(graph, operation, inputs, [output]);
                return output;
            }

            OnnxModels.Tensor(graph, "embedding", [vocabulary, width], OnnxModels.Values(random, vocabulary * width));
            OnnxModels.Tensor(graph, "one", [], [1f]);
            OnnxModels.Tensor(graph, "far", [], [-10000f]);
            OnnxModels.Tensor(graph, "scale", [], [1f / MathF.Sqrt(width)]);
            Longs(graph, "axis1", 1);
            Longs(graph, "axis2", 2);
            OnnxModels.Node(graph, "Cast", ["mask"], ["floats"], node => node.Message(5, a => a.Text(1, "to").Int(3, Float).Int(20, 2)));
            Node("Mul", "away", Node("Sub", "hidden_places", "one", "floats"), "far");
            Node("Unsqueeze", "bias", "away", "axis1");
            Node("Unsqueeze", "weight", "floats", "axis2");
            var x = Node("Gather", "x0", "embedding", "ids");
            for (var i = 0; i < layers; i++)
            {
                foreach (var part in (string[])["q", "k", "v"])
                {
                    Weights($"w{part}{i}", width, width);
                    Node("MatMul", $"{part}{i}", x, $"w{part}{i}");
                }

                OnnxModels.Node(graph, "Transpose", [$"k{i}"], [$"kt{i}"], node => node.Message(5, a => a.Text(1, "perm").Int(8, 0).Int(8, 2).Int(8, 1).Int(20, 7)));
                Node("Add", $"biased{i}", Node("Mul", $"scaled{i}", Node("MatMul", $"raw{i}", $"q{i}", $"kt{i}"), "scale"), "bias");
                OnnxModels.Node(graph, "Softmax", [$"biased{i}"], [$"attention{i}"], node => node.Message(5, a => a.Text(1, "axis").Int(3, 2).Int(20, 2)));
                Node("MatMul", $"context{i}", $"attention{i}", $"v{i}");
                OnnxModels.Tensor(graph, $"gain{i}a", [width], [.. Enumerable.Repeat(1f, width)]);
                OnnxModels.Tensor(graph, $"gain{i}b", [width], [.. Enumerable.Repeat(1f, width)]);
                x = Node("LayerNormalization", $"n{i}a", Node("Add", $"r{i}a", x, $"context{i}"), $"gain{i}a");
                Weights($"up{i}", width, inner);
                Weights($"down{i}", inner, width);
                Node("MatMul", $"d{i}", Node("Relu", $"a{i}", Node("MatMul", $"u{i}", x, $"up{i}")), $"down{i}");
                x = Node("LayerNormalization", i + 1 == layers ? "hidden" : $"n{i}b", Node("Add", $"r{i}b", x, $"d{i}"), $"gain{i}b");
            }

            Reduce(graph, Node("Mul", "kept", "hidden", "weight"), "total");
            Reduce(graph, "weight", "count");
            Node("Div", "pooled", "total", "count");
            Port(graph, 11, "ids", Int64, "batch", "tokens");
            Port(graph, 11, "mask", Int64, "batch", "tokens");
            Port(graph, 12, "hidden", Float, "batch", "tokens", width);
            Port(graph, 12, "pooled", Float, "batch", width);
        });
    }

    /// <summary>word text [batch, 1], x float [batch, 1] -> sum [batch, 1] of x and the word's code ("one" 1, "two" 2, others 0), maps: a sequence of {7: sum}.</summary>
    public static byte[] Words() => OnnxModels.Model(
        graph =>
        {
            OnnxModels.Node(graph, "LabelEncoder", ["word"], ["code"], node =>
            {
                node.Text(7, "ai.onnx.ml");
                node.Message(5, a => a.Text(1, "keys_strings").Text(9, "one").Text(9, "two").Int(20, 8));
                node.Message(5, a => a.Text(1, "values_floats").Float(7, 1).Float(7, 2).Int(20, 6));
                node.Message(5, a => a.Text(1, "default_float").Float(2, 0).Int(20, 1));
            });
            OnnxModels.Node(graph, "Add", ["code", "x"], ["sum"]);
            OnnxModels.Node(graph, "ZipMap", ["sum"], ["maps"], node =>
            {
                node.Text(7, "ai.onnx.ml");
                node.Message(5, a => a.Text(1, "classlabels_int64s").Int(8, 7).Int(20, 7));
            });
            Port(graph, 11, "word", 8, "batch", 1);
            Port(graph, 11, "x", Float, "batch", 1);
            Port(graph, 12, "sum", Float, "batch", 1);
            graph.Message(12, info => info.Text(1, "maps").Message(2, type => type.Message(4, sequence => sequence.Message(
                1, element => element.Message(5, map => map.Int(1, Int64).Message(2, value => value.Message(1, tensor => tensor.Int(1, Float).Message(2, _ => { }))))))));
        },
        model => model.Message(8, opset => opset.Text(1, "ai.onnx.ml").Int(2, 2)));

    private static void Reduce(ProtoWriter graph, string from, string to) =>
        OnnxModels.Node(graph, "ReduceSum", [from, "axis1"], [to], node => node.Message(5, a => a.Text(1, "keepdims").Int(3, 0).Int(20, 2)));

    private static void Longs(ProtoWriter graph, string name, params long[] values) => graph.Message(5, tensor =>
        OnnxModels.TensorBody(tensor, name, [values.Length], Int64, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));

    private static void Axis(ProtoWriter node, long axis) => node.Message(5, a => a.Text(1, "axis").Int(3, axis).Int(20, 2));

    private static void Port(ProtoWriter graph, int field, string name, int type, params object[] shape) =>
        graph.Message(field, info => info.Text(1, name).Message(2, t => t.Message(1, tensor => tensor.Int(1, type).Message(2, dimensions =>
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
