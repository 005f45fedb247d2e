namespace MlOps.Serving;

/// <summary>What serving knows of lineage: which endpoints serve or served a version, and which batch jobs it scored.</summary>
internal sealed class TrafficLineage(EnvironmentContext context) : ILineageSource
{
    private const int RevisionsRead = 2_000;
    private const string BatchPrefix = "batch/";

    private readonly MetadataArea _area = new(context.Metadata, ServingSchema.Schema);

    public async ValueTask<IReadOnlyList<LineageEdge>> GetEdgesAsync(
        LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken = default)
    {
        switch (direction, node.Kind)
        {
            case (LineageDirection.Downstream, LineageNodeKind.ModelVersion):
                return await _area.ReadAsync((session, _) => UsesAsync(session, node, limit), cancellationToken).ConfigureAwait(false);
            case (LineageDirection.Upstream, LineageNodeKind.Endpoint):
                return await _area.ReadAsync((session, _) => VersionsAsync(session, node), cancellationToken).ConfigureAwait(false);
            case (LineageDirection.Upstream, LineageNodeKind.Predictions) when node.Id.StartsWith(BatchPrefix, StringComparison.Ordinal):
                return await _area.ReadAsync((session, _) => session.QueryAsync(
                    "SELECT version FROM serving_prediction_sets WHERE job || '/' || run = @id",
                    row => new LineageEdge(new LineageNode(LineageNodeKind.ModelVersion, row.GetString(0)), node, LineageEdgeKind.Answered),
                    ("id", node.Id[BatchPrefix.Length..])), cancellationToken).ConfigureAwait(false);
            default:
                return [];
        }
    }

    private static async ValueTask<List<LineageEdge>> UsesAsync(IMetadataSession session, LineageNode node, int limit)
    {
        // The pattern finds too much where a name holds a wild card; the documents decide.
        var rows = await session.QueryAsync(
            "SELECT t.endpoint, t.document, t.revision = (SELECT MAX(revision) FROM serving_traffic n WHERE n.endpoint = t.endpoint) FROM serving_traffic t " +
            "WHERE t.document LIKE @pattern ORDER BY t.id DESC LIMIT @limit",
            row => (Endpoint: row.GetString(0), Document: TrafficDocument.Parse(row.GetString(1)), IsCurrent: row.GetInt64(2) != 0),
            ("pattern", $"%\"{node.Id}\"%"), ("limit", (long)RevisionsRead)).ConfigureAwait(false);
        var edges = new List<LineageEdge>();
        foreach (var endpoint in rows.GroupBy(row => row.Endpoint, StringComparer.Ordinal))
        {
            var target = LineageNode.Endpoint(endpoint.Key);
            var kinds = endpoint.SelectMany(row => Kinds(row.Document, row.IsCurrent).Where(use => use.Version == node.Id)).ToArray();
            if (kinds.Length > 0)
                edges.Add(new LineageEdge(node, target, kinds.Select(use => use.Kind).OrderBy(Rank).First(), kinds[0].Detail));
        }

        edges.AddRange(await session.QueryAsync(
            "SELECT job, run, rows_done FROM serving_prediction_sets WHERE version = @version ORDER BY id DESC LIMIT @limit",
            row => new LineageEdge(
                node, new LineageNode(LineageNodeKind.Predictions, $"{BatchPrefix}{row.GetString(0)}/{row.GetString(1)}"), LineageEdgeKind.Answered, $"{row.GetInt64(2)} predictions"),
            ("version", node.Id), ("limit", (long)limit)).ConfigureAwait(false));
        return edges;
    }

    private static async ValueTask<List<LineageEdge>> VersionsAsync(IMetadataSession session, LineageNode endpoint)
    {
        var documents = await session.QueryAsync(
            "SELECT document FROM serving_traffic WHERE endpoint = @endpoint ORDER BY revision DESC LIMIT @limit",
            row => TrafficDocument.Parse(row.GetString(0)), ("endpoint", endpoint.Id), ("limit", (long)RevisionsRead)).ConfigureAwait(false);
        return [.. documents.SelectMany((document, index) => Kinds(document, index == 0))
            .GroupBy(use => use.Version, StringComparer.Ordinal)
            .Select(uses => uses.MinBy(use => Rank(use.Kind)))
            .Select(use => new LineageEdge(new LineageNode(LineageNodeKind.ModelVersion, use.Version), endpoint, use.Kind, use.Detail))];
    }

    private static IEnumerable<(string Version, LineageEdgeKind Kind, string Detail)> Kinds(TrafficDocument document, bool isCurrent)
    {
        foreach (var share in document.Shares)
            yield return (share.Version, isCurrent ? LineageEdgeKind.Serves : LineageEdgeKind.Served, isCurrent ? share.Variant : "");
        if (document.ShadowVersion is { } shadow)
            yield return (shadow, isCurrent && document.Shares.Count > 0 ? LineageEdgeKind.Shadows : LineageEdgeKind.Served, "shadow");
    }

    private static int Rank(LineageEdgeKind kind) => kind switch
    {
        LineageEdgeKind.Serves => 0,
        LineageEdgeKind.Shadows => 1,
        _ => 2,
    };
}
