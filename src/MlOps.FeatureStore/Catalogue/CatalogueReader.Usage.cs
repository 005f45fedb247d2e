namespace MlOps.Features;

internal sealed partial class CatalogueReader
{
    private const int MostNodes = 5_000;
    private const int DeepestWalk = 12;

    public async ValueTask<FeatureUsage> GetUsageAsync(string view, string feature, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync($"feature '{feature}' of view '{view}'", cancellationToken).ConfigureAwait(false);
        var known = ViewOf(snapshot, sight, view, null);
        ArgumentException.ThrowIfNullOrEmpty(feature);
        if (snapshot.VersionsOf(view).All(version => version.Notes.Features.All(other => other.Name != feature)) || snapshot.RuleOf(view, feature).For(sight) == FeatureVisibility.None)
            throw new NotFoundException($"Feature view '{view}' has no feature '{feature}'. {NearestNames.Describe(feature, Visible(sight, known))}");
        var services = snapshot.Users(view, feature).Where(service => service.For(sight) != FeatureVisibility.None).OrderByDescending(service => service.IsCurrent).ToArray();
        var (nodes, isTruncated) = await WalkAsync(
            services.Select(service => new LineageNode(LineageNodeKind.FeatureService, service.Id)), LineageDirection.Downstream, static _ => true, cancellationToken).ConfigureAwait(false);
        return new FeatureUsage
        {
            Services = [.. services.Select(service => service.Id)],
            ModelVersions = Of(LineageNodeKind.ModelVersion),
            Runs = Of(LineageNodeKind.Run),
            Frames = Of(LineageNodeKind.Data),
            Endpoints = Of(LineageNodeKind.Endpoint),
            IsTruncated = isTruncated,
        };

        IReadOnlyList<string> Of(LineageNodeKind kind) => [.. nodes.Where(node => node.Kind == kind).Select(node => node.Id)];
    }

    public async ValueTask<IReadOnlyList<FeatureReference>> GetFeaturesOfAsync(LineageNode node, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync($"lineage of {node.Kind} '{node.Id}'", cancellationToken).ConfigureAwait(false);
        if (string.IsNullOrEmpty(node.Id))
            throw new InvalidInputException("The node has no identity. Make it with LineageNode.Version, Data, Run, Endpoint or Prediction.");
        // What lies before a service are its views, which the catalogue knows by itself.
        var (nodes, _) = await WalkAsync([node], LineageDirection.Upstream, static other => other.Kind != LineageNodeKind.FeatureService, cancellationToken).ConfigureAwait(false);
        return
        [
            .. nodes.Where(other => other.Kind == LineageNodeKind.FeatureService).Select(other => snapshot.ServiceOf(other.Id))
                .Where(service => service is not null && service.For(sight) != FeatureVisibility.None)
                .SelectMany(service => service!.Features.Select(feature => new FeatureReference(feature.Part.View, feature.Part.Version, feature.Part.Features[feature.Number], service.Id))),
        ];
    }

    private async ValueTask<(List<LineageNode> Nodes, bool IsTruncated)> WalkAsync(
        IEnumerable<LineageNode> roots, LineageDirection direction, Func<LineageNode, bool> goesOn, CancellationToken cancellationToken)
    {
        var sources = _lineage().ToArray();
        var nodes = roots.Distinct().ToList();
        var seen = nodes.ToHashSet();
        var frontier = nodes.ToArray();
        for (var depth = 0; depth < DeepestWalk && frontier.Length > 0; depth++)
        {
            var next = new List<LineageNode>();
            foreach (var node in frontier.Where(goesOn))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var source in sources)
                {
                    foreach (var edge in await source.GetEdgesAsync(node, direction, MostNodes, cancellationToken).ConfigureAwait(false))
                    {
                        var other = direction == LineageDirection.Upstream ? edge.From : edge.To;
                        if (!seen.Add(other))
                            continue;
                        if (nodes.Count >= MostNodes)
                            return (nodes, true);
                        nodes.Add(other);
                        next.Add(other);
                    }
                }
            }

            frontier = [.. next];
        }

        return (nodes, frontier.Length > 0);
    }
}
