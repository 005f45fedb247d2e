using System.Data.Common;

namespace MlOps.Registry;

internal sealed partial class SqlExperiments
{
    // Statements come in few shapes, so that they stay prepared: lists are filled up with their last value.
    private const int LoadedTogether = 100;
    private readonly SearchTexts _searches = new();

    /// <summary>Up to how many runs a search is not planned; tests lower it.</summary>
    internal long SearchesUnplanned { get; init; } = SearchEngine.FewRows;

    public async ValueTask<RunPage> SearchRunsAsync(RunQuery query, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "runs");
        ArgumentNullException.ThrowIfNull(query);
        var statement = _searches.Parse(query.Filter);
        if (statement.Select is not null && query.Select is not null)
            throw new InvalidInputException("The filter has a SELECT, and the query has a projection, too. Give one of them.");
        if (query.Experiments.Count > SearchLimits.Experiments)
            throw new InvalidInputException($"The search names {query.Experiments.Count} experiments; at most {SearchLimits.Experiments} are allowed. Leave them out to search all.");
        foreach (var experiment in query.Experiments)
            NameRules.Experiment(experiment);
        var projection = RunProjection.Of(statement.Select ?? query.Select?.Select(SearchParser.ParseSelected).ToArray());
        var request = SearchRequest.Of(statement, query.OrderBy, query.Limit, query.Cursor, query.Experiments);
        var engine = new SearchEngine(SearchSources.Runs, _context.Metadata.Dialect, request, Now, SearchesUnplanned);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        return await _area.ReadAsync(async (session, stop) =>
        {
            var page = await engine.ReadAsync(session).ConfigureAwait(false);
            var runs = new List<RunRecord>(page.Hits.Count);
            foreach (var chunk in page.Hits.Select(hit => (string)hit.Id[0]).Chunk(LoadedTogether))
            {
                stop.ThrowIfCancellationRequested();
                runs.AddRange(await LoadAsync(session, chunk, projection).ConfigureAwait(false));
            }

            return new RunPage(runs, page.NextCursor);
        }, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<IEnumerable<RunRecord>> LoadAsync(IMetadataSession session, string[] ids, RunProjection projection)
    {
        var runs = (await ReadRowsAsync(session, $"SELECT {RunColumns} FROM experiments_runs WHERE id", ids, null, ReadRun).ConfigureAwait(false)).ToDictionary(run => run.Id, StringComparer.Ordinal);
        var parameters = await ReadValuesAsync(session, "experiments_parameters", "value", ids, projection.Parameters, reader => reader.GetString(2)).ConfigureAwait(false);
        var tags = await ReadValuesAsync(session, "experiments_tags", "value", ids, projection.Tags, reader => reader.GetString(2)).ConfigureAwait(false);
        var metrics = await ReadValuesAsync(session, "experiments_series", "last_value", ids, projection.Metrics, reader => ReadValue(reader, 2)).ConfigureAwait(false);
        var artifacts = await ReadValuesAsync(
            session, "experiments_artifacts", "digest, size, media_type", ids, projection.Artifacts ? [] : null,
            reader => new ArtifactRef(reader.GetString(2), reader.GetInt64(3), reader.GetString(4))).ConfigureAwait(false);
        var inputs = projection.Inputs
            ? (await ReadRowsAsync(
                session, "SELECT run_id, name, digest, role, source, schema_json, row_count FROM experiments_inputs WHERE run_id", ids, null,
                reader => (Run: reader.GetString(0), Value: ReadInput(reader))).ConfigureAwait(false)).ToLookup(row => row.Run, row => row.Value)
            : null;
        return ids.Select(id => runs[id] with
        {
            Parameters = Of(parameters, id),
            Tags = Of(tags, id),
            Metrics = Of(metrics, id),
            Artifacts = Of(artifacts, id),
            Inputs = inputs is null ? [] : [.. inputs[id].OrderBy(input => input.Name, StringComparer.Ordinal).ThenBy(input => input.Role, StringComparer.Ordinal)],
        });
    }

    private static IReadOnlyDictionary<string, T> Of<T>(Dictionary<string, Dictionary<string, T>> values, string run) =>
        values.TryGetValue(run, out var found) ? found : System.Collections.ObjectModel.ReadOnlyDictionary<string, T>.Empty;

    private static async ValueTask<Dictionary<string, Dictionary<string, T>>> ReadValuesAsync<T>(
        IMetadataSession session, string table, string columns, string[] ids, IReadOnlyList<string>? names, Func<DbDataReader, T> read)
    {
        var values = new Dictionary<string, Dictionary<string, T>>(StringComparer.Ordinal);
        if (names is null)
            return values;
        Dictionary<string, T>? current = null;
        string? owner = null;
        await ReadRowsAsync(session, $"SELECT run_id, name, {columns} FROM {table} WHERE run_id", ids, names, reader =>
        {
            var run = reader.GetString(0);
            if (run != owner)
            {
                owner = run;
                if (!values.TryGetValue(run, out current))
                    values[run] = current = new Dictionary<string, T>(StringComparer.Ordinal);
            }

            current![reader.GetString(1)] = read(reader);
            return 0;
        }).ConfigureAwait(false);
        return values;
    }

    private static ValueTask<List<T>> ReadRowsAsync<T>(IMetadataSession session, string selection, string[] ids, IReadOnlyList<string>? names, Func<DbDataReader, T> map)
    {
        var sql = new SqlText().Add(selection).Add(" IN ").Values(Filled(ids, ids.Length switch { 1 => 1, <= 10 => 10, _ => LoadedTogether }));
        if (names is { Count: > 0 })
            sql.Add(" AND name IN ").Values(names);
        return session.QueryAsync(sql.ToString(), map, sql.Parameters);
    }

    private static IEnumerable<string> Filled(string[] ids, int length) => ids.Concat(Enumerable.Repeat(ids[^1], length - ids.Length));
}
