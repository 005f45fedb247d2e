namespace MlOps.Monitoring;

/// <summary>What the prediction log knows of lineage: which version made which predictions.</summary>
internal sealed class PredictionLineage(EnvironmentContext context) : ILineageSource
{
    // Every index of the log begins with the endpoint, of which there are few: they are found by jumping from one to the next.
    private const string Endpoints =
        """
        WITH RECURSIVE found (name) AS (
            SELECT MIN(endpoint) FROM monitoring_predictions
            UNION ALL
            SELECT (SELECT MIN(endpoint) FROM monitoring_predictions WHERE endpoint > found.name) FROM found WHERE found.name IS NOT NULL)
        SELECT name FROM found WHERE name IS NOT NULL
        """;

    private readonly MetadataArea _area = new(context.Metadata, MonitoringSchema.Schema);

    public async ValueTask<IReadOnlyList<LineageEdge>> GetEdgesAsync(
        LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken = default)
    {
        switch (direction, node.Kind)
        {
            case (LineageDirection.Downstream, LineageNodeKind.ModelVersion):
                return await _area.ReadAsync((session, _) => CountsAsync(session, node), cancellationToken).ConfigureAwait(false);
            case (LineageDirection.Upstream, LineageNodeKind.Prediction):
                return await _area.ReadAsync((session, _) => AnsweredAsync(session, node), cancellationToken).ConfigureAwait(false);
            case (LineageDirection.Upstream, LineageNodeKind.Predictions) when !node.Id.StartsWith("batch/", StringComparison.Ordinal) && node.Id.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash:
                return [new LineageEdge(new LineageNode(LineageNodeKind.ModelVersion, node.Id[(slash + 1)..]), node, LineageEdgeKind.Answered)];
            default:
                return [];
        }
    }

    private static async ValueTask<List<LineageEdge>> CountsAsync(IMetadataSession session, LineageNode node)
    {
        var version = ModelVersionRef.Parse(node.Id);
        var edges = new List<LineageEdge>();
        foreach (var endpoint in await session.QueryAsync(Endpoints, row => row.GetString(0)).ConfigureAwait(false))
        {
            var count = await session.ScalarAsync(
                "SELECT COUNT(*) FROM monitoring_predictions WHERE endpoint = @endpoint AND model = @model AND version = @version",
                ("endpoint", endpoint), ("model", version.Model), ("version", (long)version.Version)).ConfigureAwait(false) ?? 0;
            if (count > 0)
                edges.Add(new LineageEdge(node, new LineageNode(LineageNodeKind.Predictions, $"{endpoint}/{version}"), LineageEdgeKind.Answered, $"{count} predictions"));
        }

        return edges;
    }

    private static async ValueTask<List<LineageEdge>> AnsweredAsync(IMetadataSession session, LineageNode node)
    {
        var edges = new List<LineageEdge>();
        foreach (var endpoint in await session.QueryAsync(Endpoints, row => row.GetString(0)).ConfigureAwait(false))
        {
            edges.AddRange(await session.QueryAsync(
                "SELECT model, version, variant FROM monitoring_predictions WHERE endpoint = @endpoint AND prediction_id = @id ORDER BY model, version",
                row => new LineageEdge(
                    LineageNode.Version(new ModelVersionRef(row.GetString(0), (int)row.GetInt64(1))), node, LineageEdgeKind.Answered, $"{row.GetString(2)} at {endpoint}"),
                ("endpoint", endpoint), ("id", node.Id)).ConfigureAwait(false));
        }

        return edges;
    }
}
