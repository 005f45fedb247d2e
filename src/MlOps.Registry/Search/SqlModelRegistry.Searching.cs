namespace MlOps.Registry;

internal sealed partial class SqlModelRegistry
{
    private const int LoadedTogether = 100;
    private readonly SearchTexts _searches = new();

    public async ValueTask<VersionPage> SearchVersionsAsync(VersionQuery query, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "versions");
        ArgumentNullException.ThrowIfNull(query);
        var engine = NewSearch(SearchSources.Versions, query.Filter, query.OrderBy, query.Limit, query.Cursor);
        return await _area.ReadAsync(async (session, stop) =>
        {
            var page = await engine.ReadAsync(session).ConfigureAwait(false);
            var versions = new List<ModelVersion>(page.Hits.Count);
            foreach (var chunk in page.Hits.Select(hit => ((string)hit.Id[0], (long)hit.Id[1])).Chunk(LoadedTogether))
            {
                stop.ThrowIfCancellationRequested();
                versions.AddRange(await LoadAsync(session, chunk).ConfigureAwait(false));
            }

            return new VersionPage(versions, page.NextCursor);
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ModelPage> SearchModelsAsync(ModelQuery query, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "models");
        ArgumentNullException.ThrowIfNull(query);
        var engine = NewSearch(SearchSources.Models, query.Filter, query.OrderBy, query.Limit, query.Cursor);
        return await _area.ReadAsync(async (session, stop) =>
        {
            var page = await engine.ReadAsync(session).ConfigureAwait(false);
            var models = new List<ModelRecord>(page.Hits.Count);
            foreach (var chunk in page.Hits.Select(hit => (string)hit.Id[0]).Chunk(LoadedTogether))
            {
                stop.ThrowIfCancellationRequested();
                models.AddRange(await LoadAsync(session, chunk).ConfigureAwait(false));
            }

            return new ModelPage(models, page.NextCursor);
        }, cancellationToken).ConfigureAwait(false);
    }

    private SearchEngine NewSearch(SearchSource source, string filter, string? orderBy, int? limit, string? cursor)
    {
        var statement = _searches.Parse(filter);
        if (statement.Select is not null)
            throw new InvalidInputException($"A search of {source.Name} has no SELECT: they are read whole. Projections are for runs.");
        return new SearchEngine(source, _context.Metadata.Dialect, SearchRequest.Of(statement, orderBy, limit, cursor), Now);
    }

    private static async ValueTask<IEnumerable<ModelVersion>> LoadAsync(IMetadataSession session, (string Model, long Version)[] wanted)
    {
        var sql = new SqlText().Add("SELECT ").Add(VersionColumns).Add(", model FROM registry_versions WHERE ");
        WriteKeys(sql, wanted);
        var versions = (await session.QueryAsync(sql.ToString(), reader => Read(reader.GetString(14), reader), sql.Parameters).ConfigureAwait(false))
            .ToDictionary(version => (version.Model, (long)version.Version));
        sql = new SqlText().Add("SELECT model, version, name, value FROM registry_tags WHERE ");
        WriteKeys(sql, wanted);
        var tags = (await session.QueryAsync(
            sql.ToString(), reader => (Key: (reader.GetString(0), reader.GetInt64(1)), Name: reader.GetString(2), Value: reader.GetString(3)), sql.Parameters).ConfigureAwait(false))
            .ToLookup(row => row.Key);
        return wanted.Select(key => versions[key] with { Tags = tags[key].ToDictionary(tag => tag.Name, tag => tag.Value, StringComparer.Ordinal) });
    }

    private static void WriteKeys(SqlText sql, (string Model, long Version)[] wanted)
    {
        // One IN list a model: SQLite does not search an index by a list of pairs.
        var between = "(";
        foreach (var model in wanted.GroupBy(key => key.Model, StringComparer.Ordinal))
        {
            sql.Add(between).Add("(model = ").Value(model.Key).Add(" AND version IN ").Values(model.Select(key => (object)key.Version)).Add(")");
            between = " OR ";
        }

        sql.Add(")");
    }

    private static async ValueTask<IEnumerable<ModelRecord>> LoadAsync(IMetadataSession session, string[] names)
    {
        var sql = new SqlText().Add("SELECT name, last_version, created_at FROM registry_models WHERE name IN ").Values(names);
        var models = await session.QueryAsync(
            sql.ToString(), reader => (Name: reader.GetString(0), Last: (int)reader.GetInt64(1), Created: reader.GetTimestamp(2)), sql.Parameters).ConfigureAwait(false);
        sql = new SqlText().Add("SELECT model, alias, version FROM registry_aliases WHERE model IN ").Values(names);
        var aliases = (await session.QueryAsync(
            sql.ToString(), reader => (Model: reader.GetString(0), Alias: reader.GetString(1), Version: (int)reader.GetInt64(2)), sql.Parameters).ConfigureAwait(false)).ToLookup(row => row.Model);
        var byName = models.ToDictionary(model => model.Name, StringComparer.Ordinal);
        return names.Select(name => new ModelRecord(
            name, byName[name].Last, byName[name].Created, aliases[name].ToDictionary(row => row.Alias, row => row.Version, StringComparer.Ordinal)));
    }
}
