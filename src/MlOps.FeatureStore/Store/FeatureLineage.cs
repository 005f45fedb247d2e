namespace MlOps.Features;

/// <summary>What the catalogue knows of lineage: batches in views, views in services.</summary>
internal sealed partial class FeatureLineage(EnvironmentContext context) : ILineageSource
{
    private readonly MetadataArea _area = new(context.Metadata, FeatureSchema.Instance);

    public async ValueTask<IReadOnlyList<LineageEdge>> GetEdgesAsync(
        LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken = default) =>
        await VisibleAsync(node, await FindEdgesAsync(node, direction, limit, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private ValueTask<IReadOnlyList<LineageEdge>> FindEdgesAsync(
        LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken) => (direction, node.Kind) switch
        {
            (LineageDirection.Upstream, LineageNodeKind.FeatureService) => ReadAsync(session => ViewsAsync(session, node), cancellationToken),
            (LineageDirection.Upstream, LineageNodeKind.FeatureView) => ReadAsync(session => SourcesAsync(session, node, limit), cancellationToken),
            (LineageDirection.Downstream, LineageNodeKind.FeatureView) => ReadAsync(session => UsesAsync(session, node), cancellationToken),
            (LineageDirection.Upstream, LineageNodeKind.Data) => ReadAsync(session => FrameAsync(session, node), cancellationToken),
            (LineageDirection.Downstream, LineageNodeKind.FeatureService) => ReadAsync(session => FramesAsync(session, node, limit), cancellationToken),
            (LineageDirection.Downstream, LineageNodeKind.Data or LineageNodeKind.Batch) => ReadAsync(session => IngestedAsync(session, node), cancellationToken),
            _ => new([]),
        };

    private async ValueTask<IReadOnlyList<LineageEdge>> ReadAsync(Func<IMetadataSession, ValueTask<List<LineageEdge>>> read, CancellationToken cancellationToken) =>
        await _area.ReadAsync((session, _) => read(session), cancellationToken).ConfigureAwait(false);

    private static async ValueTask<List<LineageEdge>> ViewsAsync(IMetadataSession session, LineageNode service)
    {
        var at = service.Id.LastIndexOf('@');
        var definition = at < 1 ? null : await session.FirstOrDefaultAsync(
            "SELECT definition FROM features_services WHERE name = @name AND hash = @hash", row => row.GetString(0),
            ("name", service.Id[..at]), ("hash", service.Id[(at + 1)..])).ConfigureAwait(false);
        var edges = new List<LineageEdge>();
        foreach (var (view, hash) in Uses(definition ?? ""))
        {
            edges.AddRange(await session.QueryAsync(
                "SELECT version FROM features_views WHERE name = @name AND hash = @hash ORDER BY version",
                row => new LineageEdge(View($"{view}.v{row.GetInt64(0)}"), service, LineageEdgeKind.PartOf, $"definition {hash}"), ("name", view), ("hash", hash)).ConfigureAwait(false));
        }

        return [.. edges.Distinct()];
    }

    private static async ValueTask<List<LineageEdge>> ServicesAsync(IMetadataSession session, LineageNode view)
    {
        var dot = view.Id.LastIndexOf(".v", StringComparison.Ordinal);
        if (dot < 1 || !long.TryParse(view.Id.AsSpan(dot + 2), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var version))
            return [];
        var name = view.Id[..dot];
        var hash = await session.FirstOrDefaultAsync(
            "SELECT hash FROM features_views WHERE name = @name AND version = @version", row => row.GetString(0), ("name", name), ("version", version)).ConfigureAwait(false);
        var services = await session.QueryAsync(
            "SELECT name, hash, definition FROM features_services ORDER BY name, created_at DESC",
            row => (Id: $"{row.GetString(0)}@{row.GetString(1)}", Definition: row.GetString(2))).ConfigureAwait(false);
        return [.. services.Where(service => Uses(service.Definition).Any(use => use.View == name && use.Hash == hash))
            .Select(service => new LineageEdge(view, new LineageNode(LineageNodeKind.FeatureService, service.Id), LineageEdgeKind.PartOf, $"definition {hash}"))];
    }

    // The views that declared sources of a view read: the first line of an origin is for people, each further one a view.
    private static async ValueTask<List<LineageEdge>> DerivedAsync(IMetadataSession session)
    {
        var sources = await session.QueryAsync(
            "SELECT view_id, origin FROM features_sources ORDER BY view_id, source", row => (View: row.GetString(0), Lines: row.GetString(1).Split('\n'))).ConfigureAwait(false);
        return [.. sources.SelectMany(source => source.Lines.Skip(1).Select(read => new LineageEdge(View(read), View(source.View), LineageEdgeKind.Ingested, source.Lines[0])))];
    }

    private static async ValueTask<List<LineageEdge>> SourcesAsync(IMetadataSession session, LineageNode view, int limit) =>
        [.. (await DerivedAsync(session).ConfigureAwait(false)).Where(edge => edge.To == view), .. await BatchesAsync(session, view, limit).ConfigureAwait(false)];

    private static async ValueTask<List<LineageEdge>> UsesAsync(IMetadataSession session, LineageNode view) =>
        [.. (await DerivedAsync(session).ConfigureAwait(false)).Where(edge => edge.From == view), .. await ServicesAsync(session, view).ConfigureAwait(false)];

    // The service and the spine that a saved training frame was made of.
    private static async ValueTask<List<LineageEdge>> FrameAsync(IMetadataSession session, LineageNode frame)
    {
        var found = await session.QueryAsync(
            "SELECT service_id, spine_digest, name FROM features_frames WHERE digest = @digest ORDER BY created_at",
            row => (Service: row.GetString(0), Spine: row.IsDBNull(1) ? null : row.GetString(1), Name: row.GetString(2)), ("digest", frame.Id)).ConfigureAwait(false);
        var edges = found.Select(row => new LineageEdge(new LineageNode(LineageNodeKind.FeatureService, row.Service), frame, LineageEdgeKind.Featurized, $"training frame '{row.Name}'"))
            .Concat(found.Where(row => row.Spine is not null).Select(row => new LineageEdge(LineageNode.Data(row.Spine!), frame, LineageEdgeKind.Featurized, "spine")));
        return [.. edges.Distinct()];
    }

    private static ValueTask<List<LineageEdge>> FramesAsync(IMetadataSession session, LineageNode service, int limit) =>
        session.QueryAsync(
            "SELECT digest, name FROM features_frames WHERE service_id = @service ORDER BY created_at DESC LIMIT @limit",
            row => new LineageEdge(service, LineageNode.Data(row.GetString(0)), LineageEdgeKind.Featurized, $"training frame '{row.GetString(1)}'"),
            ("service", service.Id), ("limit", (long)limit));

    private static ValueTask<List<LineageEdge>> BatchesAsync(IMetadataSession session, LineageNode view, int limit) =>
        session.QueryAsync(
            "SELECT batch_key, row_count FROM features_batches WHERE view_id = @view ORDER BY commit_number DESC LIMIT @limit",
            row => new LineageEdge(Batch(view.Id, row.GetString(0)), view, LineageEdgeKind.Ingested, $"{row.GetInt64(1)} rows"), ("view", view.Id), ("limit", (long)limit));

    private static async ValueTask<List<LineageEdge>> IngestedAsync(IMetadataSession session, LineageNode node)
    {
        // The key is looked up in each view, since the table's index begins with the view.
        var views = await session.QueryAsync("SELECT name, version FROM features_views", row => $"{row.GetString(0)}.v{row.GetInt64(1)}").ConfigureAwait(false);
        var edges = new List<LineageEdge>();
        foreach (var view in views)
        {
            var key = node.Kind == LineageNodeKind.Data ? node.Id : node.Id.StartsWith(view + "/", StringComparison.Ordinal) ? node.Id[(view.Length + 1)..] : null;
            if (key is null)
                continue;
            edges.AddRange(await session.QueryAsync(
                "SELECT row_count FROM features_batches WHERE view_id = @view AND batch_key = @key",
                row => new LineageEdge(node, View(view), LineageEdgeKind.Ingested, $"{row.GetInt64(0)} rows"), ("view", view), ("key", key)).ConfigureAwait(false));
        }

        return edges;
    }

    // Lines of DefinitionText: "use view as alias definition hash".
    private static IEnumerable<(string View, string Hash)> Uses(string definition) => definition.Split('\n')
        .Select(line => line.Split(' ')).Where(words => words is ["use", _, "as", _, "definition", _]).Select(words => (words[1], words[5]));

    // A batch whose key is the digest of its raw data is that data.
    private static LineageNode Batch(string view, string key) =>
        ArtifactDigest.TryParse(key, out _) ? LineageNode.Data(key) : new LineageNode(LineageNodeKind.Batch, $"{view}/{key}");

    private static LineageNode View(string id) => new(LineageNodeKind.FeatureView, id);
}
