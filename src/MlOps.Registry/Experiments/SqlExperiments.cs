using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

/// <summary>The experiments over the environment's metadata store.</summary>
internal sealed partial class SqlExperiments : IExperiments
{
    private const string RunColumns = "id, experiment, name, status, started_at, ended_at, parent_id, error";

    private readonly EnvironmentContext _context;
    private readonly MetadataArea _area;
    private readonly ExperimentTimings _timings;
    private readonly ILogger _logger;

    public SqlExperiments(EnvironmentContext context, ExperimentTimings? timings = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        _timings = timings ?? new ExperimentTimings();
        _area = new MetadataArea(context.Metadata, ExperimentsSchema.Current);
        _logger = context.LoggerFactory.CreateLogger<SqlExperiments>();
    }

    private Timestamp Now => Timestamp.From(_context.Clock.GetUtcNow());

    public async ValueTask<IRun> StartRunAsync(string experiment, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new RunOptions();
        NameRules.Experiment(experiment);
        NameRules.Text("The run's name", options.Name, RegistryLimits.FieldNameLength);
        NameRules.Tags(options.Tags);
        if (options.Key is not null)
            DraftValidator.CheckKey(options.Key);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);

        var owner = Guid.NewGuid().ToString("N");
        var fresh = Guid.CreateVersion7(_context.Clock.GetUtcNow()).ToString("N");
        var caller = _context.Caller.Name;
        var (id, buffer) = await _area.WriteAsync(async (session, _) =>
        {
            if (options.ParentRunId is { } parent && await session.ScalarAsync("SELECT 1 FROM experiments_runs WHERE id = @id", ("id", parent)).ConfigureAwait(false) is null)
                throw new NotFoundException($"The parent run '{NameRules.Shown(parent)}' does not exist in environment '{_context.Name}'.");
            var former = options.Key is null ? null : await session.FirstOrDefaultAsync(
                "SELECT id FROM experiments_runs WHERE experiment = @experiment AND run_key = @key",
                reader => reader.GetString(0), ("experiment", experiment), ("key", options.Key)).ConfigureAwait(false);
            var run = former ?? fresh;
            if (former is null)
                await InsertAsync(session, run, experiment, options, owner, caller).ConfigureAwait(false);
            else
                await TakeOverAsync(session, run, owner).ConfigureAwait(false);
            foreach (var (name, value) in options.Tags)
            {
                await session.ExecuteAsync(
                    "INSERT INTO experiments_tags (run_id, name, value) VALUES (@run, @name, @value) ON CONFLICT (run_id, name) DO UPDATE SET value = excluded.value",
                    ("run", run), ("name", name), ("value", value)).ConfigureAwait(false);
            }

            return (run, await LoadBufferAsync(session, run).ConfigureAwait(false));
        }, cancellationToken).ConfigureAwait(false);
        return new SqlRun(_context, _area, _timings, buffer, id, experiment, owner);
    }

    public async ValueTask<RunRecord> GetRunAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(runId);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        var runs = await _area.ReadAsync(
            (session, _) => LoadAsync(session, "SELECT id FROM experiments_runs WHERE id = @id", ("id", runId)), cancellationToken).ConfigureAwait(false);
        return runs.Count == 1
            ? runs[0]
            : throw new NotFoundException($"There is no run '{NameRules.Shown(runId)}' in environment '{_context.Name}'. Runs are listed by experiment.");
    }

    public async ValueTask<IReadOnlyList<RunRecord>> ListRunsAsync(string experiment, int limit = 100, CancellationToken cancellationToken = default)
    {
        NameRules.Experiment(experiment);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        return await _area.ReadAsync(
            (session, _) => LoadAsync(
                session, "SELECT id FROM experiments_runs WHERE experiment = @experiment ORDER BY started_at DESC, id DESC LIMIT @limit",
                ("experiment", experiment), ("limit", (long)limit)),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<MetricPoint>> GetMetricHistoryAsync(string runId, string metric, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(runId);
        ArgumentNullException.ThrowIfNull(metric);
        var blocks = await _area.ReadAsync(async (session, _) =>
        {
            if (await session.ScalarAsync("SELECT 1 FROM experiments_runs WHERE id = @id", ("id", runId)).ConfigureAwait(false) is null)
                throw new NotFoundException($"There is no run '{NameRules.Shown(runId)}' in environment '{_context.Name}'.");
            return await session.QueryAsync(
                "SELECT points FROM experiments_points WHERE run_id = @run AND name = @name ORDER BY first",
                reader => reader.GetFieldValue<byte[]>(0), ("run", runId), ("name", metric)).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        var points = new List<MetricPoint>();
        foreach (var block in blocks)
            PointBlock.Read(block, points);
        return [.. points.OrderBy(point => point.Step).ThenBy(point => point.Time)];
    }

    private async ValueTask InsertAsync(IMetadataSession session, string id, string experiment, RunOptions options, string owner, string caller) =>
        await session.ExecuteAsync(
            "INSERT INTO experiments_runs (id, experiment, run_key, name, status, owner, parent_id, started_at, heartbeat_at, created_by) " +
            "VALUES (@id, @experiment, @key, @name, 'Running', @owner, @parent, @now, @now, @caller)",
            ("id", id), ("experiment", experiment), ("key", options.Key), ("name", options.Name), ("owner", owner), ("parent", options.ParentRunId),
            ("now", Now), ("caller", caller)).ConfigureAwait(false);

    private async ValueTask TakeOverAsync(IMetadataSession session, string id, string owner) =>
        await session.ExecuteAsync(
            "UPDATE experiments_runs SET owner = @owner, status = 'Running', ended_at = NULL, error = NULL, heartbeat_at = @now WHERE id = @id",
            ("owner", owner), ("now", Now), ("id", id)).ConfigureAwait(false);

    private async ValueTask<RunBuffer> LoadBufferAsync(IMetadataSession session, string id)
    {
        var series = await session.QueryAsync(
            "SELECT name, points, last_step, last_at, last_value FROM experiments_series WHERE run_id = @run",
            reader => (reader.GetString(0), reader.GetInt64(1), new MetricPoint(reader.GetInt64(2), reader.GetTimestamp(3), ReadValue(reader, 4))),
            ("run", id)).ConfigureAwait(false);
        var parameters = await session.QueryAsync(
            "SELECT name, value FROM experiments_parameters WHERE run_id = @run",
            reader => KeyValuePair.Create(reader.GetString(0), reader.GetString(1)), ("run", id)).ConfigureAwait(false);
        var tags = await session.QueryAsync(
            "SELECT name FROM experiments_tags WHERE run_id = @run", reader => reader.GetString(0), ("run", id)).ConfigureAwait(false);
        var buffer = new RunBuffer(_timings);
        buffer.Resume(series, parameters, tags);
        return buffer;
    }

    /// <summary>Marks the runs of dead processes. A process that was only asleep takes its run back with its next heartbeat.</summary>
    private async ValueTask MarkLostAsync(CancellationToken cancellationToken)
    {
        var limit = Now - _timings.Lease;
        var any = await _area.ReadAsync((session, _) => session.ScalarAsync(
            "SELECT 1 FROM experiments_runs WHERE status = 'Running' AND heartbeat_at < @limit LIMIT 1", ("limit", limit)), cancellationToken).ConfigureAwait(false);
        if (any is null)
            return;
        var lost = await _area.WriteAsync((session, _) => session.ExecuteAsync(
            "UPDATE experiments_runs SET status = 'Lost', ended_at = heartbeat_at WHERE status = 'Running' AND heartbeat_at < @limit", ("limit", limit)),
            cancellationToken).ConfigureAwait(false);
        if (lost > 0)
            LogLost(_logger, lost, _context.Name, _timings.Lease);
    }

    private static async ValueTask<IReadOnlyList<RunRecord>> LoadAsync(IMetadataSession session, string selection, params (string Name, object? Value)[] parameters)
    {
        var runs = await session.QueryAsync(
            $"SELECT {RunColumns} FROM experiments_runs WHERE id IN ({selection}) ORDER BY started_at DESC, id DESC", ReadRun, parameters).ConfigureAwait(false);
        var values = (await session.QueryAsync(
            $"SELECT run_id, name, value FROM experiments_parameters WHERE run_id IN ({selection})", ReadPair, parameters).ConfigureAwait(false)).ToLookup(row => row.Run);
        var tags = (await session.QueryAsync(
            $"SELECT run_id, name, value FROM experiments_tags WHERE run_id IN ({selection})", ReadPair, parameters).ConfigureAwait(false)).ToLookup(row => row.Run);
        var metrics = (await session.QueryAsync(
            $"SELECT run_id, name, last_value FROM experiments_series WHERE run_id IN ({selection})",
            reader => (Run: reader.GetString(0), Name: reader.GetString(1), Value: ReadValue(reader, 2)), parameters).ConfigureAwait(false)).ToLookup(row => row.Run);
        var artifacts = (await session.QueryAsync(
            $"SELECT run_id, name, digest, size, media_type FROM experiments_artifacts WHERE run_id IN ({selection})",
            reader => (Run: reader.GetString(0), Name: reader.GetString(1), Value: new ArtifactRef(reader.GetString(2), reader.GetInt64(3), reader.GetString(4))),
            parameters).ConfigureAwait(false)).ToLookup(row => row.Run);
        var inputs = (await session.QueryAsync(
            $"SELECT run_id, name, digest, role FROM experiments_inputs WHERE run_id IN ({selection}) ORDER BY name, role",
            reader => (Run: reader.GetString(0), Value: new RunInput(reader.GetString(1), reader.GetString(2), reader.GetString(3))),
            parameters).ConfigureAwait(false)).ToLookup(row => row.Run);
        return runs.ConvertAll(run => run with
        {
            Parameters = values[run.Id].ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal),
            Tags = tags[run.Id].ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal),
            Metrics = metrics[run.Id].ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal),
            Artifacts = artifacts[run.Id].ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal),
            Inputs = [.. inputs[run.Id].Select(row => row.Value)],
        });
    }

    private static (string Run, string Name, string Value) ReadPair(DbDataReader reader) => (reader.GetString(0), reader.GetString(1), reader.GetString(2));

    // SQLite has no NaN; NULL stands for it.
    private static double ReadValue(DbDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? double.NaN : reader.GetDouble(ordinal);

    private static RunRecord ReadRun(DbDataReader reader) => new()
    {
        Id = reader.GetString(0),
        Experiment = reader.GetString(1),
        Name = reader.GetString(2),
        Status = Enum.Parse<RunStatus>(reader.GetString(3)),
        StartedAt = reader.GetTimestamp(4),
        EndedAt = reader.IsDBNull(5) ? null : reader.GetTimestamp(5),
        ParentRunId = reader.GetStringOrNull(6),
        Error = reader.GetStringOrNull(7),
        Parameters = new Dictionary<string, string>(),
        Metrics = new Dictionary<string, double>(),
        Tags = new Dictionary<string, string>(),
        Artifacts = new Dictionary<string, ArtifactRef>(),
    };
}
