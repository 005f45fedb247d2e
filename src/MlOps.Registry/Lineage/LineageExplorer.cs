namespace MlOps.Registry;

/// <summary>Follows lineage breadth first through all sources, within bounds.</summary>
internal sealed class LineageExplorer : ILineage
{
    private const int DeepestWalk = 50;
    private const int MostNodes = 5_000;

    private readonly EnvironmentContext _context;
    private readonly RegistryLineage _own;
    private readonly ILineageSource[] _sources;

    public LineageExplorer(EnvironmentContext context, IEnumerable<ILineageSource> others)
    {
        _context = context;
        _own = new RegistryLineage(context);
        _sources = [_own, .. others.Where(other => other is not RegistryLineage)];
    }

    public ValueTask<LineageGraph> GetUpstreamAsync(LineageNode node, LineageOptions? options = null, CancellationToken cancellationToken = default) =>
        WalkAsync(node, LineageDirection.Upstream, options ?? new LineageOptions(), cancellationToken);

    public ValueTask<LineageGraph> GetDownstreamAsync(LineageNode node, LineageOptions? options = null, CancellationToken cancellationToken = default) =>
        WalkAsync(node, LineageDirection.Downstream, options ?? new LineageOptions(), cancellationToken);

    private async ValueTask<LineageGraph> WalkAsync(LineageNode root, LineageDirection direction, LineageOptions options, CancellationToken cancellationToken)
    {
        _context.Access.Require(EnvironmentPermission.Read, $"lineage of {root.Kind} '{NameRules.Shown(root.Id)}'");
        if (string.IsNullOrEmpty(root.Id))
            throw new InvalidInputException("The node has no identity. Make it with LineageNode.Version, Data, Run, Endpoint or Prediction.");
        if (options.Depth is < 1 or > DeepestWalk)
            throw new InvalidInputException($"Depth is {options.Depth}: use 1 to {DeepestWalk}.");
        if (options.MaximumNodes is < 1 or > MostNodes)
            throw new InvalidInputException($"MaximumNodes is {options.MaximumNodes}: use 1 to {MostNodes}.");
        await _own.EnsureReadyAsync(root, cancellationToken).ConfigureAwait(false);

        var graph = new LineageGraphBuilder(root, options.MaximumNodes);
        var hidden = new Dictionary<LineageNode, bool>();
        var frontier = new List<LineageNode>();
        if (!await IsHiddenAsync(root).ConfigureAwait(false))
            frontier.Add(root);
        for (var depth = 0; depth < options.Depth && frontier.Count > 0; depth++)
        {
            var next = new List<LineageNode>();
            foreach (var node in frontier)
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var source in _sources)
                {
                    // One more than fits tells that there was more.
                    var edges = await source.GetEdgesAsync(node, direction, options.MaximumNodes + 1, cancellationToken).ConfigureAwait(false);
                    foreach (var edge in edges)
                    {
                        var other = direction == LineageDirection.Upstream ? edge.From : edge.To;
                        if (!await IsHiddenAsync(other).ConfigureAwait(false) && graph.Add(edge, other))
                            next.Add(other);
                    }
                }
            }

            frontier = next;
        }

        graph.IsTruncated |= frontier.Count > 0;
        return graph.Build();

        async ValueTask<bool> IsHiddenAsync(LineageNode node)
        {
            if (hidden.TryGetValue(node, out var known))
                return known;
            foreach (var source in _sources)
            {
                if (!await source.IsVisibleAsync(node, cancellationToken).ConfigureAwait(false))
                    return hidden[node] = true;
            }

            return hidden[node] = false;
        }
    }
}
