using System.Runtime.InteropServices;

namespace MlOps.Learning;

/// <summary>A forest while it grows.</summary>
internal sealed class ForestBuilder(double baseScore)
{
    private readonly List<TreeNode> _nodes = [];
    private readonly List<float> _values = [];
    private readonly List<double> _gains = [];
    private readonly List<int> _roots = [];

    public int TreeCount => _roots.Count;

    public int AddRoot()
    {
        _roots.Add(_nodes.Count);
        return AddLeaf();
    }

    /// <summary>Turns a leaf into a split.</summary>
    /// <returns>The left child; the right one follows it.</returns>
    public int Split(int leaf, int feature, float threshold, bool missingLeft, double gain)
    {
        int left = AddLeaf();
        AddLeaf();
        _nodes[leaf] = new TreeNode(feature, threshold, left, missingLeft);
        _gains[leaf] = gain;
        return left;
    }

    public void SetValue(int leaf, float value) => _values[leaf] = value;

    public void DropLastTree() => Keep(_roots.Count - 1);

    public void Keep(int trees)
    {
        if (trees >= _roots.Count)
            return;
        int end = _roots[trees];
        _nodes.RemoveRange(end, _nodes.Count - end);
        _values.RemoveRange(end, _values.Count - end);
        _gains.RemoveRange(end, _gains.Count - end);
        _roots.RemoveRange(trees, _roots.Count - trees);
    }

    /// <summary>Adds what the newest tree gives to the scores of rows <paramref name="from"/> up to <paramref name="to"/>.</summary>
    public void AddLastTree(FeatureMatrix data, double[] scores, int from, int to, Func<int, bool>? skip = null)
    {
        ReadOnlySpan<TreeNode> nodes = CollectionsMarshal.AsSpan(_nodes);
        int root = _roots[^1];
        for (int row = from; row < to; row++)
        {
            if (skip is not null && skip(row))
                continue;
            int at = root;
            while (true)
            {
                TreeNode node = nodes[at];
                if (node.IsLeaf(at))
                    break;
                at = node.Next(data.Column(node.Feature)[row]);
            }

            scores[row] += _values[at];
        }
    }

    public Forest ToForest() => new([.. _nodes], [.. _values], [.. _gains], [.. _roots], baseScore);

    private int AddLeaf()
    {
        int self = _nodes.Count;
        _nodes.Add(TreeNode.Leaf(self));
        _values.Add(0);
        _gains.Add(0);
        return self;
    }
}
