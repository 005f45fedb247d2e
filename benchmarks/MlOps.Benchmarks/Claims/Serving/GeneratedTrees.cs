using System.Runtime.InteropServices;
using MlOps.Serving.Tests;

namespace MlOps.Benchmarks.Claims.Serving;

/// <summary>Full regression trees with random thresholds, as ai.onnx.ml's TreeEnsembleRegressor.</summary>
internal static class GeneratedTrees
{
    public static byte[] Create(int seed, int features, int trees, int depth)
    {
        var random = new Random(seed);
        List<long> treeIds = [], nodeIds = [], featureIds = [], left = [], right = [], leafTrees = [], leafNodes = [];
        List<float> thresholds = [], weights = [];
        List<string> modes = [];
        int inner = (1 << depth) - 1;
        for (int tree = 0; tree < trees; tree++)
        {
            for (int node = 0; node < (inner * 2) + 1; node++)
            {
                bool leaf = node >= inner;
                treeIds.Add(tree);
                nodeIds.Add(node);
                featureIds.Add(leaf ? 0 : random.Next(features));
                thresholds.Add(leaf ? 0 : (float)((random.NextDouble() * 2) - 1));
                modes.Add(leaf ? "LEAF" : "BRANCH_LEQ");
                left.Add(leaf ? 0 : (2 * node) + 1);
                right.Add(leaf ? 0 : (2 * node) + 2);
                if (!leaf)
                    continue;
                leafTrees.Add(tree);
                leafNodes.Add(node);
                weights.Add((float)random.NextDouble());
            }
        }

        return OnnxModels.Model(
            graph =>
            {
                OnnxModels.Node(graph, "TreeEnsembleRegressor", ["input"], ["output"], node =>
                {
                    node.Text(7, "ai.onnx.ml");
                    Integers(node, "nodes_treeids", treeIds);
                    Integers(node, "nodes_nodeids", nodeIds);
                    Integers(node, "nodes_featureids", featureIds);
                    Integers(node, "nodes_truenodeids", left);
                    Integers(node, "nodes_falsenodeids", right);
                    Integers(node, "target_treeids", leafTrees);
                    Integers(node, "target_nodeids", leafNodes);
                    Integers(node, "target_ids", [.. leafNodes.Select(_ => 0L)]);
                    Singles(node, "nodes_values", thresholds);
                    Singles(node, "target_weights", weights);
                    node.Message(5, attribute =>
                    {
                        attribute.Text(1, "nodes_modes");
                        foreach (string mode in modes)
                            attribute.Text(9, mode);
                        attribute.Int(20, 8);
                    });
                    node.Message(5, attribute => attribute.Text(1, "n_targets").Int(3, 1).Int(20, 2));
                });
                OnnxModels.ValueInfo(graph, 11, "input", "N", features);
                OnnxModels.ValueInfo(graph, 12, "output", "N", 1);
            },
            model => model.Message(8, opset => opset.Text(1, "ai.onnx.ml").Int(2, 3)));
    }

    private static void Integers(ProtoWriter node, string name, IReadOnlyList<long> values) => node.Message(5, attribute =>
    {
        attribute.Text(1, name);
        foreach (long value in values)
            attribute.Int(8, value);
        attribute.Int(20, 7);
    });

    private static void Singles(ProtoWriter node, string name, List<float> values) => node.Message(5, attribute =>
        attribute.Text(1, name).Bytes(7, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(values)).ToArray()).Int(20, 6));
}
