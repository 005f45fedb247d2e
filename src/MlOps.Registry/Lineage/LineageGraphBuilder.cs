namespace MlOps.Registry;

/// <summary>Collects a graph within bounds. An edge that would close a circle is left out: content addressing allows two runs to write what the other reads.</summary>
internal sealed class LineageGraphBuilder
{
    private const int EdgesPerNode = 20;
    private readonly int _maximumNodes;
    private readonly List<LineageNode> _nodes;
    private readonly HashSet<LineageNode> _known;
    private readonly List<LineageEdge> _edges = [];
    private readonly HashSet<(LineageNode From, LineageNode To, LineageEdgeKind Kind)> _seen = [];
    private readonly Dictionary<LineageNode, List<LineageNode>> _next = [];

    public LineageGraphBuilder(LineageNode root, int maximumNodes)
    {
        _maximumNodes = maximumNodes;
        _nodes = [root];
        _known = [root];
    }

    public bool IsTruncated { get; set; }

    /// <summary>Adds an edge of a known node; true when the node at its other end is new.</summary>
    public bool Add(LineageEdge edge, LineageNode other)
    {
        var isNew = !_known.Contains(other);
        if ((isNew && _nodes.Count >= _maximumNodes) || _edges.Count >= _maximumNodes * EdgesPerNode)
        {
            IsTruncated = true;
            return false;
        }

        if (!_seen.Add((edge.From, edge.To, edge.Kind)) || edge.From == edge.To || (!isNew && Reaches(edge.To, edge.From)))
            return false;
        if (isNew)
        {
            _known.Add(other);
            _nodes.Add(other);
        }

        _edges.Add(edge);
        if (!_next.TryGetValue(edge.From, out var next))
            _next[edge.From] = next = [];
        next.Add(edge.To);
        return isNew;
    }

    public LineageGraph Build() => new() { Root = _nodes[0], Nodes = _nodes, Edges = _edges, IsTruncated = IsTruncated };

    private bool Reaches(LineageNode from, LineageNode to)
    {
        var seen = new HashSet<LineageNode> { from };
        var open = new Stack<LineageNode>([from]);
        while (open.TryPop(out var node))
        {
            if (node == to)
                return true;
            foreach (var next in _next.GetValueOrDefault(node) ?? [])
            {
                if (seen.Add(next))
                    open.Push(next);
            }
        }

        return false;
    }
}
