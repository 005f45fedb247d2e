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

    /// <summary>What the newest tree adds to the score of one row.</summary>
    public float LastTreeValue(FeatureMatrix data, int row)
    {
        int at = _roots[^1];
        while (!_nodes[at].IsLeaf(at))
            at = _nodes[at].Next(data.Column(_nodes[at].Feature)[row]);
        return _values[at];
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
