using System.Data.Common;

namespace MlOps.Registry;

/// <summary>The edges that experiments and registry record: runs, their inputs and artifacts, versions, their data, origins and aliases.</summary>
internal sealed class RegistryLineage(EnvironmentContext context) : ILineageSource
{
    private readonly MetadataArea _registry = new(context.Metadata, RegistrySchema.Current);
    private readonly MetadataArea _experiments = new(context.Metadata, ExperimentsSchema.Current);
    private volatile bool _backfilled;

    /// <summary>Reads what versions of an early format say about their data, once, and makes sure that the node asked for can exist.</summary>
    public async ValueTask EnsureReadyAsync(LineageNode root, CancellationToken cancellationToken)
    {
        await _experiments.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        if (!_backfilled)
        {
            await BackfillAsync(cancellationToken).ConfigureAwait(false);
            _backfilled = true;
        }

        if (root.Kind != LineageNodeKind.ModelVersion)
            return;
        var version = ModelVersionRef.Parse(root.Id);
        var exists = await _registry.ReadAsync((session, _) => session.ScalarAsync(
            "SELECT 1 FROM registry_versions WHERE model = @model AND version = @version", ("model", version.Model), ("version", (long)version.Version)), cancellationToken).ConfigureAwait(false);
        if (exists is null)
            throw new ModelNotFoundException($"There is no version {NameRules.Shown(root.Id)} in environment '{context.Name}', or it was purged.");
    }

    public async ValueTask<IReadOnlyList<LineageEdge>> GetEdgesAsync(
        LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken = default)
    {
        await _experiments.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        await _experiments.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await _registry.ReadAsync(async (session, _) =>
        {
            var edges = new List<LineageEdge>();
            var query = new Query(session, node, limit, edges);
            await (direction == LineageDirection.Upstream ? UpstreamAsync(query) : DownstreamAsync(query)).ConfigureAwait(false);
            return edges.Count <= limit ? edges : edges.GetRange(0, limit);
        }, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask UpstreamAsync(Query query)
    {
        var node = query.Node;
        switch (node.Kind)
        {
            case LineageNodeKind.ModelVersion when TryVersion(node.Id, out var version):
                (string, object?)[] key = [("model", version.Model), ("version", (long)version.Version)];
                await query.AddAsync(
                    "SELECT run_id FROM registry_versions WHERE model = @model AND version = @version AND run_id IS NOT NULL",
                    row => new LineageEdge(LineageNode.Run(row.GetString(0)), node, LineageEdgeKind.Made), key).ConfigureAwait(false);
                await query.AddAsync(
                    "SELECT source_environment, source_version, source_strategy FROM registry_versions WHERE model = @model AND version = @version AND source_environment IS NOT NULL",
                    row => new LineageEdge(Foreign(row.GetString(0), row.GetString(1)), node, OriginKind(row.GetString(2)), row.GetString(2)), key).ConfigureAwait(false);
                await query.AddAsync(
                    "SELECT kind, id, role, name FROM registry_sources WHERE model = @model AND version = @version ORDER BY kind, role, name",
                    row => row.GetString(0) == VersionSources.DataKind
                        ? new LineageEdge(LineageNode.Data(row.GetString(1)), node, LineageEdgeKind.Trained, Detail(row.GetString(2), row.GetString(3)))
                        : new LineageEdge(Service(row.GetString(1)), node, LineageEdgeKind.Featurized, row.GetString(3)), key).ConfigureAwait(false);
                break;
            case LineageNodeKind.Run:
                await query.AddAsync(
                    "SELECT digest, role, name FROM experiments_inputs WHERE run_id = @id ORDER BY role, name",
                    row => new LineageEdge(LineageNode.Data(row.GetString(0)), node, LineageEdgeKind.Read, Detail(row.GetString(1), row.GetString(2)))).ConfigureAwait(false);
                await query.AddAsync(
                    "SELECT parent_id FROM experiments_runs WHERE id = @id AND parent_id IS NOT NULL",
                    row => new LineageEdge(LineageNode.Run(row.GetString(0)), node, LineageEdgeKind.Contains)).ConfigureAwait(false);
                break;
            case LineageNodeKind.Data:
                // A run that stores what it read did not make it.
                await query.AddAsync(
                    "SELECT a.run_id, a.name FROM experiments_artifacts a WHERE a.digest = @id AND " +
                    "NOT EXISTS (SELECT 1 FROM experiments_inputs i WHERE i.run_id = a.run_id AND i.digest = a.digest) ORDER BY a.run_id DESC",
                    row => new LineageEdge(LineageNode.Run(row.GetString(0)), node, LineageEdgeKind.Wrote, row.GetString(1))).ConfigureAwait(false);
                await query.AddAsync(
                    "SELECT DISTINCT origin FROM registry_sources WHERE kind = 'data' AND id = @id AND origin <> '' ORDER BY origin",
                    row => VersionSources.IsFeatureService(row.GetString(0)) ? new LineageEdge(Service(row.GetString(0)), node, LineageEdgeKind.Featurized) : null).ConfigureAwait(false);
                break;
            case LineageNodeKind.Alias when node.Id.IndexOf('@', StringComparison.Ordinal) is > 0 and var at:
                await query.AddAsync(
                    "SELECT version FROM registry_aliases WHERE model = @model AND alias = @alias",
                    row => new LineageEdge(LineageNode.Version(new ModelVersionRef(node.Id[..at], (int)row.GetInt64(0))), node, LineageEdgeKind.Named),
                    ("model", node.Id[..at]), ("alias", node.Id[(at + 1)..])).ConfigureAwait(false);
                break;
        }
    }

    private static async ValueTask DownstreamAsync(Query query)
    {
        var node = query.Node;
        switch (node.Kind)
        {
            case LineageNodeKind.Data:
                await query.AddAsync(
                    "SELECT run_id, role, name FROM experiments_inputs WHERE digest = @id ORDER BY run_id DESC",
                    row => new LineageEdge(node, LineageNode.Run(row.GetString(0)), LineageEdgeKind.Read, Detail(row.GetString(1), row.GetString(2)))).ConfigureAwait(false);
                await query.AddAsync(
                    "SELECT model, version, role, name FROM registry_sources WHERE kind = 'data' AND id = @id ORDER BY model, version DESC",
                    row => new LineageEdge(node, Version(row), LineageEdgeKind.Trained, Detail(row.GetString(2), row.GetString(3)))).ConfigureAwait(false);
                break;
            case LineageNodeKind.FeatureService:
                await query.AddAsync(
                    "SELECT DISTINCT id FROM registry_sources WHERE origin = @id AND kind = 'data' ORDER BY id",
                    row => new LineageEdge(node, LineageNode.Data(row.GetString(0)), LineageEdgeKind.Featurized)).ConfigureAwait(false);
                await query.AddAsync(
                    "SELECT model, version, name FROM registry_sources WHERE kind = 'features' AND id = @id ORDER BY model, version DESC",
                    row => new LineageEdge(node, Version(row), LineageEdgeKind.Featurized, row.GetString(2))).ConfigureAwait(false);
                break;
            case LineageNodeKind.Run:
                await query.AddAsync(
                    "SELECT model, version FROM registry_versions WHERE run_id = @id ORDER BY model, version DESC",
                    row => new LineageEdge(node, Version(row), LineageEdgeKind.Made)).ConfigureAwait(false);
                await query.AddAsync(
                    "SELECT a.digest, a.name FROM experiments_artifacts a WHERE a.run_id = @id AND " +
                    "NOT EXISTS (SELECT 1 FROM experiments_inputs i WHERE i.run_id = a.run_id AND i.digest = a.digest) ORDER BY a.name",
                    row => new LineageEdge(node, LineageNode.Data(row.GetString(0)), LineageEdgeKind.Wrote, row.GetString(1))).ConfigureAwait(false);
                await query.AddAsync(
                    "SELECT id, name FROM experiments_runs WHERE parent_id = @id ORDER BY id DESC",
                    row => new LineageEdge(node, LineageNode.Run(row.GetString(0)), LineageEdgeKind.Contains, row.GetString(1))).ConfigureAwait(false);
                break;
            case LineageNodeKind.ModelVersion when TryVersion(node.Id, out var version):
                await query.AddAsync(
                    "SELECT alias FROM registry_aliases WHERE model = @model AND version = @version ORDER BY alias",
                    row => new LineageEdge(node, new LineageNode(LineageNodeKind.Alias, $"{version.Model}@{row.GetString(0)}"), LineageEdgeKind.Named),
                    ("model", version.Model), ("version", (long)version.Version)).ConfigureAwait(false);
                break;
            case LineageNodeKind.ForeignVersion when node.Id.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash:
                await query.AddAsync(
                    "SELECT model, version, source_strategy FROM registry_versions WHERE source_environment = @environment AND source_version = @version ORDER BY model, version DESC",
                    row => new LineageEdge(node, Version(row), OriginKind(row.GetString(2)), row.GetString(2)),
                    ("environment", node.Id[..slash]), ("version", node.Id[(slash + 1)..])).ConfigureAwait(false);
                break;
        }
    }

    private async ValueTask BackfillAsync(CancellationToken cancellationToken)
    {
        var unread = await _registry.ReadAsync((session, _) => session.QueryAsync(
            "SELECT model, version, manifest FROM registry_versions WHERE sources_known = 0 ORDER BY model, version LIMIT 10000",
            row => (Ref: new ModelVersionRef(row.GetString(0), (int)row.GetInt64(1)), Manifest: row.GetFieldValue<byte[]>(2))), cancellationToken).ConfigureAwait(false);
        foreach (var (version, manifest) in unread)
        {
            IReadOnlyList<VersionSource> sources;
            try
            {
                sources = await VersionSources.ReadAsync(context.Artifacts, ModelManifest.Read(manifest).Artifacts, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is CorruptDataException or NotFoundException)
            {
                // A damaged version says nothing here; reading it says what is wrong with it.
                continue;
            }

            await _registry.WriteAsync(async (session, _) =>
            {
                (string, object?)[] key = [("model", version.Model), ("version", (long)version.Version)];
                foreach (var source in sources)
                {
                    await session.ExecuteAsync(
                        "INSERT INTO registry_sources (model, version, kind, name, role, id, origin) VALUES (@model, @version, @kind, @name, @role, @id, @origin) " +
                        "ON CONFLICT (model, version, kind, role, name) DO NOTHING",
                        [.. key, ("kind", source.Kind), ("name", source.Name), ("role", source.Role), ("id", source.Id), ("origin", source.Origin)]).ConfigureAwait(false);
                }

                return await session.ExecuteAsync("UPDATE registry_versions SET sources_known = 1 WHERE model = @model AND version = @version", key).ConfigureAwait(false);
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool TryVersion(string text, out ModelVersionRef version)
    {
        try
        {
            version = ModelVersionRef.Parse(text);
            return true;
        }
        catch (InvalidInputException)
        {
            version = default;
            return false;
        }
    }

    private static LineageNode Version(DbDataReader row) => LineageNode.Version(new ModelVersionRef(row.GetString(0), (int)row.GetInt64(1)));

    private static LineageNode Foreign(string environment, string version) => new(LineageNodeKind.ForeignVersion, $"{environment}/{version}");

    private static LineageNode Service(string id) => new(LineageNodeKind.FeatureService, id);

    private static LineageEdgeKind OriginKind(string strategy) => strategy == "RetrainInTarget" ? LineageEdgeKind.Retrained : LineageEdgeKind.Copied;

    private static string Detail(string role, string name) => role.Length == 0 ? name : $"{role}: {name}";

    private sealed record Query(IMetadataSession Session, LineageNode Node, int Limit, List<LineageEdge> Edges)
    {
        public async ValueTask AddAsync(string sql, Func<DbDataReader, LineageEdge?> map, params (string Name, object? Value)[] parameters)
        {
            if (Edges.Count >= Limit)
                return;
            (string, object?)[] all = [.. parameters.Length == 0 ? [("id", Node.Id)] : parameters, ("limit", (long)(Limit - Edges.Count))];
            foreach (var edge in await Session.QueryAsync($"{sql} LIMIT @limit", map, all).ConfigureAwait(false))
            {
                if (edge is not null)
                    Edges.Add(edge);
            }
        }
    }
}
