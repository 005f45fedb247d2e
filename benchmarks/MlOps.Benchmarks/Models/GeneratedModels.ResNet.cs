namespace MlOps.Benchmarks.Models;

internal static partial class GeneratedModels
{
    /// <summary>
    /// ResNet-50 v1.5 (He et al., arXiv:1512.03385; stride in the 3x3 convolutions): 53 convolutions with the batch normalisation folded
    /// into their biases, 25.5 M weights, 224 x 224 images.
    /// </summary>
    public static byte[] ResNet50(int image = 224)
    {
        var graph = new OnnxGraph(Seed);
        string x = graph.Input("input", integers: false, "N", 3, image, image);
        x = graph.Node("Relu", [Convolution(graph, x, 3, 64, 7, 2, 3)]);
        x = Pool(graph, x, 3, 2, 1);
        int channels = 64;
        (int Blocks, int Width)[] stages = [(3, 64), (4, 128), (6, 256), (3, 512)];
        for (int stage = 0; stage < stages.Length; stage++)
        {
            var (blocks, width) = stages[stage];
            for (int block = 0; block < blocks; block++)
            {
                int stride = block == 0 && stage > 0 ? 2 : 1;
                string y = graph.Node("Relu", [Convolution(graph, x, channels, width, 1, 1, 0)]);
                y = graph.Node("Relu", [Convolution(graph, y, width, width, 3, stride, 1)]);
                // The last convolution of a block is small, so that the sums stay in range over 16 blocks.
                y = Convolution(graph, y, width, width * 4, 1, 1, 0, gain: 0.5f);
                string skip = block == 0 ? Convolution(graph, x, channels, width * 4, 1, stride, 0) : x;
                x = graph.Node("Relu", [graph.Node("Add", [y, skip])]);
                channels = width * 4;
            }
        }

        x = graph.Node("Flatten", [graph.Node("GlobalAveragePool", [x])]);
        graph.Output("output", graph.Node("Gemm", [x, graph.Weights(1f / MathF.Sqrt(2048), 2048, 1000), graph.Weights(0.01f, 1000)]), "N", 1000);
        return graph.Build();
    }
}
