namespace MlOps.Benchmarks.Models;

/// <summary>Models of real shapes with random weights from a fixed seed: hardware is compared with no download.</summary>
internal static partial class GeneratedModels
{
    private const int Seed = 20_010_101;

    public static byte[] Mlp(params ReadOnlySpan<int> sizes)
    {
        var graph = new OnnxGraph(Seed);
        string current = graph.Input("input", integers: false, "N", sizes[0]);
        for (int layer = 0; layer + 1 < sizes.Length; layer++)
        {
            current = graph.Node("Gemm", [current, graph.Weights(1f / MathF.Sqrt(sizes[layer]), sizes[layer], sizes[layer + 1]), graph.Weights(0.1f, sizes[layer + 1])]);
            if (layer + 2 < sizes.Length)
                current = graph.Node("Relu", [current]);
        }

        graph.Output("output", current, "N", sizes[^1]);
        return graph.Build();
    }

    /// <summary>Full trees over uniform features with thresholds in the middle of what each branch can still see.</summary>
    public static byte[] Trees(int trees, int depth, int features)
    {
        var graph = new OnnxGraph(Seed);
        string input = graph.Input("input", integers: false, "N", features);
        int inner = (1 << depth) - 1;
        int nodes = (1 << (depth + 1)) - 1;
        long[] tree = new long[trees * nodes], id = new long[trees * nodes], feature = new long[trees * nodes], left = new long[trees * nodes], right = new long[trees * nodes];
        float[] threshold = new float[trees * nodes];
        string[] mode = new string[trees * nodes];
        int leaves = nodes - inner;
        long[] leafTree = new long[trees * leaves], leafNode = new long[trees * leaves];
        float[] leafValue = new float[trees * leaves];
        for (int t = 0; t < trees; t++)
        {
            for (int n = 0; n < nodes; n++)
            {
                int at = (t * nodes) + n;
                (tree[at], id[at]) = (t, n);
                if (n >= inner)
                {
                    mode[at] = "LEAF";
                    int leaf = (t * leaves) + n - inner;
                    (leafTree[leaf], leafNode[leaf], leafValue[leaf]) = (t, n, (graph.Random() - 0.5f) * 0.1f);
                    continue;
                }

                mode[at] = "BRANCH_LEQ";
                (feature[at], threshold[at], left[at], right[at]) = (graph.RandomIndex(features), (graph.Random() * 1.6f) - 0.8f, (2 * n) + 1, (2 * n) + 2);
            }
        }

        string score = graph.Node(
            "TreeEnsembleRegressor",
            [input],
            ("n_targets", 1L),
            ("nodes_falsenodeids", right),
            ("nodes_featureids", feature),
            ("nodes_modes", mode),
            ("nodes_nodeids", id),
            ("nodes_treeids", tree),
            ("nodes_truenodeids", left),
            ("nodes_values", threshold),
            ("target_ids", new long[trees * leaves]),
            ("target_nodeids", leafNode),
            ("target_treeids", leafTree),
            ("target_weights", leafValue));
        graph.Output("output", score, "N", 1);
        return graph.Build();
    }

    /// <summary>Digits-sized images: two convolutions, two poolings, two dense layers.</summary>
    public static byte[] SmallCnn()
    {
        var graph = new OnnxGraph(Seed);
        string x = graph.Input("input", integers: false, "N", 1, 28, 28);
        x = graph.Node("Relu", [Convolution(graph, x, 1, 16, 3, 1, 1)]);
        x = Pool(graph, x, 2, 2, 0);
        x = graph.Node("Relu", [Convolution(graph, x, 16, 32, 3, 1, 1)]);
        x = Pool(graph, x, 2, 2, 0);
        x = graph.Node("Flatten", [x]);
        x = graph.Node("Relu", [graph.Dense(x, 32 * 7 * 7, 64)]);
        graph.Output("output", graph.Dense(x, 64, 10), "N", 10);
        return graph.Build();
    }

    /// <summary>A sensor window of 256 samples in 4 channels: three strided convolutions, mean, one dense layer.</summary>
    public static byte[] Convolution1D()
    {
        var graph = new OnnxGraph(Seed);
        string x = graph.Input("input", integers: false, "N", 4, 256);
        (int From, int To)[] layers = [(4, 32), (32, 64), (64, 64)];
        foreach (var (from, to) in layers)
        {
            float scale = 1f / MathF.Sqrt(from * 5);
            x = graph.Node("Relu", [graph.Node(
                "Conv",
                [x, graph.Weights(scale, to, from, 5), graph.Weights(0.1f, to)],
                ("kernel_shape", new long[] { 5 }), ("pads", new long[] { 2, 2 }), ("strides", new long[] { 2 }))]);
        }

        x = graph.Node("Flatten", [graph.Node("GlobalAveragePool", [x])]);
        graph.Output("output", graph.Dense(x, 64, 8), "N", 8);
        return graph.Build();
    }

    private static string Convolution(OnnxGraph graph, string x, int from, int to, int kernel, int stride, int pad, float gain = 1.6f) => graph.Node(
        "Conv",
        [x, graph.Weights(gain / MathF.Sqrt(from * kernel * kernel), to, from, kernel, kernel), graph.Weights(0.05f, to)],
        ("kernel_shape", new long[] { kernel, kernel }),
        ("pads", new long[] { pad, pad, pad, pad }),
        ("strides", new long[] { stride, stride }));

    private static string Pool(OnnxGraph graph, string x, int kernel, int stride, int pad) => graph.Node(
        "MaxPool",
        [x],
        ("kernel_shape", new long[] { kernel, kernel }),
        ("pads", new long[] { pad, pad, pad, pad }),
        ("strides", new long[] { stride, stride }));
}
