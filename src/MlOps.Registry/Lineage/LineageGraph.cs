using MlOps.Reporting;

namespace MlOps.Registry;

/// <summary>What went into a node, or what was made of it. Acyclic.</summary>
public sealed record LineageGraph
{
    private const int LongestLabel = 40;

    /// <summary>The node that was asked for.</summary>
    public required LineageNode Root { get; init; }

    /// <summary>The nodes in the order of their distance from the root, which is the first.</summary>
    public required IReadOnlyList<LineageNode> Nodes { get; init; }

    /// <summary>The edges, each from what came first to what was made of it.</summary>
    public required IReadOnlyList<LineageEdge> Edges { get; init; }

    /// <summary>Whether a limit of <see cref="LineageOptions"/> ended the search, so that there may be more.</summary>
    public required bool IsTruncated { get; init; }

    /// <summary>The identities of the nodes of a kind, nearest first.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>The identities.</returns>
    public IReadOnlyList<string> OfKind(LineageNodeKind kind) => [.. Nodes.Where(node => node.Kind == kind).Select(node => node.Id)];

    /// <summary>The graph for a report.</summary>
    /// <param name="title">The plot's title.</param>
    /// <returns>The plot.</returns>
    public DagPlot ToPlot(string title)
    {
        var details = Edges.Where(edge => edge.Detail.Length > 0).GroupBy(edge => edge.Kind == LineageEdgeKind.Answered || edge.From == Root ? edge.To : edge.From)
            .ToDictionary(group => group.Key, group => group.First().Detail);
        return new DagPlot
        {
            Title = title,
            Note = IsTruncated ? "A limit ended the search: there may be more." : null,
            FullWidth = true,
            Nodes = [.. Nodes.Select(node => new DagNode(
                node.ToString(), Short(node), node == Root ? PlotState.Succeeded : PlotState.Cached, details.GetValueOrDefault(node) is { } detail ? $"{node.Kind}: {Cut(detail)}" : node.Kind.ToString()))],
            Edges = [.. Edges.Select(edge => (edge.From, edge.To)).Distinct().Select(pair => new DagEdge(pair.From.ToString(), pair.To.ToString()))],
        };
    }

    private static string Short(LineageNode node) =>
        node.Kind == LineageNodeKind.Data && ArtifactDigest.TryParse(node.Id, out var digest) ? $"sha256:{digest.Hex[..12]}" : Cut(node.Id);

    private static string Cut(string text) => text.Length <= LongestLabel ? text : text[..(LongestLabel - 1)] + "…";
}
