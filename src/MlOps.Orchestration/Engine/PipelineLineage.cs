namespace MlOps.Orchestration;

/// <summary>What orchestration knows of lineage: which pipeline run a tracking run belongs to.</summary>
internal sealed class PipelineLineage(EnvironmentContext context) : ILineageSource
{
    private readonly MetadataArea _area = new(context.Metadata, OrchestrationSchema.Schema);

    public async ValueTask<IReadOnlyList<LineageEdge>> GetEdgesAsync(
        LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken = default)
    {
        var column = (direction, node.Kind) switch
        {
            (LineageDirection.Upstream, LineageNodeKind.Run) => "tracking_run",
            (LineageDirection.Downstream, LineageNodeKind.PipelineRun) => "run_id",
            _ => null,
        };
        if (column is null)
            return [];
        return await _area.ReadAsync((session, _) => session.QueryAsync(
            $"SELECT run_id, tracking_run, pipeline FROM orchestration_runs WHERE {column} = @id AND tracking_run IS NOT NULL ORDER BY created_at DESC LIMIT @limit",
            row => new LineageEdge(
                new LineageNode(LineageNodeKind.PipelineRun, row.GetString(0)), LineageNode.Run(row.GetString(1)), LineageEdgeKind.Contains, row.GetString(2)),
            ("id", node.Id), ("limit", (long)limit)), cancellationToken).ConfigureAwait(false);
    }
}
