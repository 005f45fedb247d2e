using MlOps.Learning;

namespace MlOps.Benchmarks.Claims.Learning;

/// <summary>A tree as a textbook keeps it: nodes with references to their children.</summary>
internal sealed class LinkedNode
{
    private int _feature;
    private float _threshold;
    private bool _missingLeft;
    private double _value;
    private LinkedNode? _left;
    private LinkedNode? _right;

    public static LinkedNode[] From(Forest forest)
    {
        var roots = new LinkedNode[forest.Roots.Length];
        for (int i = 0; i < roots.Length; i++)
            roots[i] = From(forest, forest.Roots[i]);
        return roots;
    }

    public double Walk(ReadOnlySpan<float> row)
    {
        var at = this;
        while (at._left is { } left)
        {
            float value = row[at._feature];
            at = (float.IsNaN(value) ? at._missingLeft : value <= at._threshold) ? left : at._right!;
        }

        return at._value;
    }

    private static LinkedNode From(Forest forest, int index)
    {
        var node = forest.Nodes[index];
        return node.IsLeaf(index)
            ? new LinkedNode { _value = forest.Values[index] }
            : new LinkedNode
            {
                _feature = node.Feature,
                _threshold = node.Threshold,
                _missingLeft = node.MissingLeft,
                _left = From(forest, node.Left),
                _right = From(forest, node.Left + 1),
            };
    }
}
