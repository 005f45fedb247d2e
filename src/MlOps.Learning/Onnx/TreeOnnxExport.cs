namespace MlOps.Learning;

/// <summary>A forest as ai.onnx.ml 3 TreeEnsembleRegressor and, for probabilities, Sigmoid.</summary>
internal static class TreeOnnxExport
{
    public static void Write(OnnxModelWriter writer, GradientBoostedTreesModel model)
    {
        // The operator wants at least one tree.
        Forest forest = model.TreeCount > 0 ? model.Forest : new Forest([TreeNode.Leaf(0)], [0], [0], [0], model.Forest.BaseScore);
        int count = forest.Nodes.Length;
        long[] trees = new long[count];
        long[] ids = new long[count];
        long[] features = new long[count];
        float[] thresholds = new float[count];
        string[] modes = new string[count];
        long[] left = new long[count];
        long[] right = new long[count];
        long[] missingLeft = new long[count];
        List<int> leaves = [];
        int tree = -1;
        for (int node = 0; node < count; node++)
        {
            if (tree + 1 < forest.Roots.Length && forest.Roots[tree + 1] == node)
                tree++;
            int root = forest.Roots[tree];
            TreeNode it = forest.Nodes[node];
            trees[node] = tree;
            ids[node] = node - root;
            if (it.IsLeaf(node))
            {
                modes[node] = "LEAF";
                leaves.Add(node);
                continue;
            }

            modes[node] = "BRANCH_LEQ";
            features[node] = it.Feature;
            thresholds[node] = it.Threshold;
            left[node] = it.Left - root;
            right[node] = it.Left + 1 - root;
            missingLeft[node] = it.MissingLeft ? 1 : 0;
        }

        bool regression = model.Task == LearningTask.Regression;
        float[] values = forest.Values.ToArray();
        writer.MlNode(
            "TreeEnsembleRegressor",
            [writer.Input],
            regression ? writer.Output : "score",
            new OnnxAttribute("aggregate_function") { Text = "SUM" },
            new OnnxAttribute("base_values") { Singles = [(float)forest.BaseScore] },
            new OnnxAttribute("n_targets") { Integer = 1 },
            new OnnxAttribute("nodes_falsenodeids") { Integers = right },
            new OnnxAttribute("nodes_featureids") { Integers = features },
            new OnnxAttribute("nodes_missing_value_tracks_true") { Integers = missingLeft },
            new OnnxAttribute("nodes_modes") { Texts = modes },
            new OnnxAttribute("nodes_nodeids") { Integers = ids },
            new OnnxAttribute("nodes_treeids") { Integers = trees },
            new OnnxAttribute("nodes_truenodeids") { Integers = left },
            new OnnxAttribute("nodes_values") { Singles = thresholds },
            new OnnxAttribute("post_transform") { Text = "NONE" },
            new OnnxAttribute("target_ids") { Integers = new long[leaves.Count] },
            new OnnxAttribute("target_nodeids") { Integers = [.. leaves.Select(leaf => ids[leaf])] },
            new OnnxAttribute("target_treeids") { Integers = [.. leaves.Select(leaf => trees[leaf])] },
            new OnnxAttribute("target_weights") { Singles = [.. leaves.Select(leaf => values[leaf])] });
        if (!regression)
            writer.Node("Sigmoid", ["score"], writer.Output);
    }
}
