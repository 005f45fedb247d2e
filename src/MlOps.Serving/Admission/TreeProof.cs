namespace MlOps.Serving;

/// <summary>
/// Checks that a TreeEnsembleRegressor is a forest: every node reached once from its tree's root, children and features within range, and
/// no tree so deep that building it by recursion fills the stack.
/// </summary>
internal static class TreeProof
{
    private const int MostNodes = 1 << 21;
    private const int MostTargets = 4096;
    private const int MostDepth = 256;

    /// <summary>The targets of a forest and the steps that a row takes through it at most; null when it is not proven to be one.</summary>
    public static (long Targets, double Steps)? Find(OutlineNode node, long features)
    {
        var targets = node.Integer("n_targets", 1);
        if (targets is < 1 or > MostTargets || Modes(node) is not { Count: > 0 } branches)
            return null;
        var count = branches.Count;
        if (Column(node, "nodes_treeids", count) is not { } trees || Column(node, "nodes_nodeids", count) is not { } ids
            || Column(node, "nodes_featureids", count) is not { } columns || Column(node, "nodes_truenodeids", count) is not { } yes
            || Column(node, "nodes_falsenodeids", count) is not { } no || node.Count("nodes_values") != count
            || (node.Count("nodes_missing_value_tracks_true") is var tracks && tracks != 0 && tracks != count)
            || (node.Count("nodes_hitrates") is var rates && rates != 0 && rates != count) || (node.Count("base_values") is var bases && bases != 0 && bases != targets))
            return null;

        // As exporters write them: the nodes of a tree one after the other, its root first.
        var places = new Dictionary<(long, long), int>(count);
        for (var i = 0; i < count; i++)
        {
            if (!places.TryAdd((trees[i], ids[i]), i) || (i > 0 && trees[i] < trees[i - 1]))
                return null;
        }

        var depth = new int[count];
        var steps = 0.0;
        for (var i = 0; i < count; i++)
        {
            var isRoot = i == 0 || trees[i] != trees[i - 1];
            if (isRoot)
                steps += depth[i] = 1;
            else if (depth[i] == 0)
                return null;
            if (!branches[i])
                continue;
            if (columns[i] < 0 || columns[i] >= features || depth[i] >= MostDepth)
                return null;
            foreach (var child in (ReadOnlySpan<long>)[yes[i], no[i]])
            {
                // Children stand behind their parent, so that there are no circles, and have one parent each.
                if (!places.TryGetValue((trees[i], child), out var place) || place <= i || depth[place] != 0)
                    return null;
                depth[place] = depth[i] + 1;
                steps++;
            }
        }

        return TargetsHold(node, places, branches, targets) ? (targets, steps) : null;
    }

    private static bool TargetsHold(OutlineNode node, Dictionary<(long, long), int> places, List<bool> branches, long targets)
    {
        var count = (int)Math.Min(node.Count("target_weights"), MostNodes);
        if (Column(node, "target_treeids", count) is not { } trees || Column(node, "target_nodeids", count) is not { } ids || Column(node, "target_ids", count) is not { } into)
            return false;
        for (var i = 0; i < count; i++)
        {
            if (!places.TryGetValue((trees[i], ids[i]), out var place) || branches[place] || into[i] < 0 || into[i] >= targets)
                return false;
        }

        return count > 0;
    }

    private static List<long>? Column(OutlineNode node, string name, int count)
    {
        var values = new List<long>(count);
        return node.Integers(name, values, MostNodes) == count ? values : null;
    }

    private static List<bool>? Modes(OutlineNode node)
    {
        List<bool> branches = [];
        var attribute = node.Find("nodes_modes");
        while (attribute.Next())
        {
            if (attribute.Field != 9)
            {
                attribute.Skip();
                continue;
            }

            var mode = attribute.Bytes().Text();
            if (mode is not ("LEAF" or "BRANCH_LEQ" or "BRANCH_LT" or "BRANCH_GTE" or "BRANCH_GT") || branches.Count == MostNodes)
                return null;
            branches.Add(mode != "LEAF");
        }

        return branches;
    }
}
