namespace MlOps.Features;

// Views and services that are not shared with the caller stand in no answer.
internal sealed partial class FeatureLineage
{
    private readonly CatalogueIndex _index = new(new MetadataArea(context.Metadata, FeatureSchema.Instance));

    public async ValueTask<bool> IsVisibleAsync(LineageNode node, CancellationToken cancellationToken = default)
    {
        if (node.Kind is not (LineageNodeKind.FeatureView or LineageNodeKind.FeatureService or LineageNodeKind.Batch))
            return true;
        var sight = new CallerSight(context.Access);
        return sight.IsOpen || IsVisible(await _index.GetAsync(cancellationToken).ConfigureAwait(false), sight, node);
    }

    private async ValueTask<IReadOnlyList<LineageEdge>> VisibleAsync(LineageNode asked, IReadOnlyList<LineageEdge> edges, CancellationToken cancellationToken)
    {
        var sight = new CallerSight(context.Access);
        if (edges.Count == 0 || sight.IsOpen)
            return edges;
        var snapshot = await _index.GetAsync(cancellationToken).ConfigureAwait(false);
        if (!IsVisible(snapshot, sight, asked))
            return [];
        List<LineageEdge> visible = [.. edges.Where(edge => IsVisible(snapshot, sight, edge.From) && IsVisible(snapshot, sight, edge.To)).Select(WithoutOrigin)];
        // A frame is as visible as its services: without one of them, its spine is nobody's business.
        if (asked.Kind == LineageNodeKind.Data && edges.Any(IsOfService) && !visible.Any(IsOfService))
            visible.RemoveAll(edge => edge.Kind == LineageEdgeKind.Featurized);
        return visible;
    }

    private static bool IsOfService(LineageEdge edge) => edge.From.Kind == LineageNodeKind.FeatureService;

    // The origin of a derived view may name a service that is closed.
    private static LineageEdge WithoutOrigin(LineageEdge edge) =>
        edge.From.Kind == LineageNodeKind.FeatureView && edge.To.Kind == LineageNodeKind.FeatureView ? edge with { Detail = "" } : edge;

    private static bool IsVisible(CatalogueSnapshot snapshot, CallerSight sight, LineageNode node) => node.Kind switch
    {
        LineageNodeKind.FeatureService => snapshot.ServiceOf(node.Id)?.For(sight) is not (null or FeatureVisibility.None),
        LineageNodeKind.FeatureView => IsVisible(snapshot, sight, node.Id),
        // Both a version and a batch key may hold slashes, but a view's name holds none.
        LineageNodeKind.Batch => IsVisible(snapshot, sight, node.Id.Split('/')[0]),
        _ => true,
    };

    private static bool IsVisible(CatalogueSnapshot snapshot, CallerSight sight, string view)
    {
        var dot = view.LastIndexOf(".v", StringComparison.Ordinal);
        return dot > 0 && snapshot.VersionsOf(view[..dot]).FirstOrDefault(version => version.Id == view)?.For(sight) is not (null or FeatureVisibility.None);
    }
}
