using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Gpu;

/// <summary>Models with weights from a seed: a wide perceptron, a small convolutional net, and one of any image size.</summary>
internal static class GpuModels
{
    public static byte[] Mlp() => OnnxModels.Mlp(1, 256, 1024, 1024, 512, 1);

    /// <summary>float[N, 3, 64, 64] -> 5 convolutions -> float[N, 10].</summary>
    public static byte[] Conv() => OnnxModels.Model(graph =>
    {
        var random = new Random(2);
        var channels = new[] { 3, 32, 64, 64, 128, 128 };
        var current = "input";
        for (var layer = 0; layer + 1 < channels.Length; layer++)
            current = Convolution(graph, random, layer, current, channels[layer], channels[layer + 1], stride: layer % 2 == 0 ? 2 : 1);
        OnnxModels.Node(graph, "GlobalAveragePool", [current], ["pooled"]);
        OnnxModels.Node(graph, "Flatten", ["pooled"], ["flat"]);
        OnnxModels.Node(graph, "Gemm", ["flat", "w", "b"], ["output"]);
        OnnxModels.Tensor(graph, "w", [channels[^1], 10], OnnxModels.Values(random, channels[^1] * 10, 0.1f));
        OnnxModels.Tensor(graph, "b", [10], OnnxModels.Values(random, 10, 0.1f));
        OnnxModels.ValueInfo(graph, 11, "input", "N", 3, 64, 64);
        OnnxModels.ValueInfo(graph, 12, "output", "N", 10);
    });

    /// <summary>float[N, 3, H, W] -> 2 convolutions -> float[N, 32, 1, 1].</summary>
    public static byte[] AnyShape() => OnnxModels.Model(graph =>
    {
        var random = new Random(3);
        var first = Convolution(graph, random, 0, "input", 3, 16, stride: 2);
        var second = Convolution(graph, random, 1, first, 16, 32, stride: 2);
        OnnxModels.Node(graph, "GlobalAveragePool", [second], ["output"]);
        OnnxModels.ValueInfo(graph, 11, "input", "N", 3, "H", "W");
        OnnxModels.ValueInfo(graph, 12, "output", "N", 32, 1, 1);
    });

    private static string Convolution(ProtoWriter graph, Random random, int layer, string from, int inputs, int outputs, int stride)
    {
        OnnxModels.Node(graph, "Conv", [from, $"cw{layer}", $"cb{layer}"], [$"c{layer}"], node =>
        {
            Integers(node, "kernel_shape", 3, 3);
            Integers(node, "pads", 1, 1, 1, 1);
            Integers(node, "strides", stride, stride);
        });
        OnnxModels.Node(graph, "Relu", [$"c{layer}"], [$"r{layer}"]);
        OnnxModels.Tensor(graph, $"cw{layer}", [outputs, inputs, 3, 3], OnnxModels.Values(random, outputs * inputs * 9, 1f / MathF.Sqrt(inputs * 9)));
        OnnxModels.Tensor(graph, $"cb{layer}", [outputs], OnnxModels.Values(random, outputs, 0.1f));
        return $"r{layer}";
    }

    private static void Integers(ProtoWriter node, string name, params int[] values) => node.Message(5, attribute =>
    {
        attribute.Text(1, name);
        foreach (var value in values)
            attribute.Int(8, value);
        attribute.Int(20, 7);
    });
}
