using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

/// <summary>The experiments over the environment's metadata store.</summary>
internal sealed partial class SqlExperiments : IExperiments
{
    private const string RunColumns = "id, experiment, name, status, started_at, ended_at, parent_id, error, attempt, deleted_at";

    private readonly EnvironmentContext _context;
    private readonly MetadataArea _area;
    private readonly ExperimentTimings _timings;
    private readonly MetadataArea _registry;
    private readonly SystemSampler _sampler;
    private readonly ILogger _logger;

    public SqlExperiments(EnvironmentContext context, ExperimentTimings? timings = null, ISystemProbe? probe = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        _timings = timings ?? new ExperimentTimings();
        _area = new MetadataArea(context.Metadata, ExperimentsSchema.Current);
        _registry = new MetadataArea(context.Metadata, RegistrySchema.Current);
        _sampler = new SystemSampler(context.Clock, probe ?? SystemProbe.Shared);
        _logger = context.LoggerFactory.CreateLogger<SqlExperiments>();
    }

    private Timestamp Now => Timestamp.From(_context.Clock.GetUtcNow());

    public async ValueTask<IRun> StartRunAsync(string experiment, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.LogRuns, Subject("experiment", experiment));
        options ??= new RunOptions();
        NameRules.Experiment(experiment);
        if (options.SystemMetricsInterval is { } interval && interval < SystemSampler.LeastInterval)
            throw new InvalidInputException($"SystemMetricsInterval is {interval}: use at least {SystemSampler.LeastInterval}, or null for no system metrics.");
        NameRules.Text("The run's name", options.Name, RegistryLimits.FieldNameLength);
        options = options with { Tags = Snapshots.Of("Tag", options.Tags ?? throw new InvalidInputException("The run's tags are null. Pass an empty dictionary instead."), RegistryLimits.Tags) };
        NameRules.Tags(options.Tags);
        if (options.Key is not null)
            DraftValidator.CheckKey(options.Key);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);

        var owner = Guid.NewGuid().ToString("N");
        var fresh = Guid.CreateVersion7(_context.Clock.GetUtcNow()).ToString("N");
        var caller = _context.Caller.Name;
        var start = await _area.WriteAsync(async (session, _) =>
        {
            if (options.ParentRunId is { } parent)
                await RequireParentAsync(session, parent).ConfigureAwait(false);
            await RequireLiveExperimentAsync(session, experiment, caller).ConfigureAwait(false);
            var former = options.Key is null ? null : await session.FirstOrDefaultAsync(
                "SELECT id, attempt, started_at, deleted_at FROM experiments_runs WHERE experiment = @experiment AND run_key = @key",
                reader => new FormerRun(reader.GetString(0), (int)reader.GetInt64(1), reader.GetTimestamp(2), !reader.IsDBNull(3)),
                ("experiment", experiment), ("key", options.Key)).ConfigureAwait(false);
            if (former is { Deleted: true })
            {
                throw new InvalidInputException(
                    $"Run {former.Id} of key '{NameRules.Shown(options.Key)}' is deleted. Restore it to resume it, or start under another key.");
            }

            var run = former?.Id ?? fresh;
            if (former is null)
                await InsertAsync(session, run, experiment, options, owner, caller).ConfigureAwait(false);
            else
                await TakeOverAsync(session, run, owner).ConfigureAwait(false);
            await _context.Audit.AppendAsync(session, new AuditEntry(
                former is null ? "experiments.run.start" : "experiments.run.resume", $"{experiment}/{run}", After: RunJson(RunStatus.Running, options.Name))).ConfigureAwait(false);
            foreach (var (name, value) in options.Tags)
            {
                await session.ExecuteAsync(
                    "INSERT INTO experiments_tags (run_id, name, value) VALUES (@run, @name, @value) ON CONFLICT (run_id, name) DO UPDATE SET value = excluded.value",
                    ("run", run), ("name", name), ("value", value)).ConfigureAwait(false);
            }

            return new RunStart(
                run, experiment, owner, former is null ? 0 : former.Attempt + 1, former?.StartedAt ?? Now,
                await LoadBufferAsync(session, run, options.WhenFull).ConfigureAwait(false));
        }, cancellationToken).ConfigureAwait(false);
        var started = new SqlRun(this, _context, _area, _timings, start, options);
        _live[owner] = started;
        if (options.SystemMetricsInterval is { } every)
            _sampler.Attach(started, every);
        return started;
    }

    public async ValueTask<RunRecord> GetRunAsync(string runId, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject("run", runId));
        ArgumentNullException.ThrowIfNull(runId);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        var runs = await _area.ReadAsync(
            (session, _) => LoadAsync(session, "SELECT id FROM experiments_runs WHERE id = @id", ("id", runId)), cancellationToken).ConfigureAwait(false);
        return runs.Count == 1
            ? runs[0]
            : throw MissingRun(runId);
    }

    public async ValueTask<IReadOnlyList<RunRecord>> ListRunsAsync(string experiment, int limit = 100, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject("experiment", experiment));
        NameRules.Experiment(experiment);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        return await _area.ReadAsync(
            (session, _) => LoadAsync(
                session, "SELECT id FROM experiments_runs WHERE experiment = @experiment AND deleted_at IS NULL ORDER BY started_at DESC, id DESC LIMIT @limit",
                ("experiment", experiment), ("limit", (long)limit)),
            cancellationToken).ConfigureAwait(false);
    }

    private static string Subject(string kind, string? name) => $"{kind} '{NameRules.Shown(name ?? "")}'";

    internal static string RunJson(RunStatus status, string? name = null) => StoredJson.Text(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("status", status.ToString());
        if (!string.IsNullOrEmpty(name))
            writer.WriteString("name", name);
        writer.WriteEndObject();
    });

    private async ValueTask InsertAsync(IMetadataSession session, string id, string experiment, RunOptions options, string owner, string caller) =>
        await session.ExecuteAsync(
            "INSERT INTO experiments_runs (id, experiment, run_key, name, status, owner, parent_id, started_at, heartbeat_at, created_by) " +
            "VALUES (@id, @experiment, @key, @name, 'Running', @owner, @parent, @now, @now, @caller)",
            ("id", id), ("experiment", experiment), ("key", options.Key), ("name", options.Name), ("owner", owner), ("parent", options.ParentRunId),
            ("now", Now), ("caller", caller)).ConfigureAwait(false);

    private async ValueTask TakeOverAsync(IMetadataSession session, string id, string owner) =>
        await session.ExecuteAsync(
            "UPDATE experiments_runs SET owner = @owner, attempt = attempt + 1, status = 'Running', ended_at = NULL, error = NULL, heartbeat_at = @now WHERE id = @id",
            ("owner", owner), ("now", Now), ("id", id)).ConfigureAwait(false);

    private async ValueTask<RunBuffer> LoadBufferAsync(IMetadataSession session, string id, FullBuffer whenFull)
    {
        var series = await session.QueryAsync(
            "SELECT name, points FROM experiments_series WHERE run_id = @run", reader => (reader.GetString(0), reader.GetInt64(1)), ("run", id)).ConfigureAwait(false);
        var parameters = await session.QueryAsync(
            "SELECT name, value FROM experiments_parameters WHERE run_id = @run",
            reader => KeyValuePair.Create(reader.GetString(0), reader.GetString(1)), ("run", id)).ConfigureAwait(false);
        var tags = await session.QueryAsync(
            "SELECT name FROM experiments_tags WHERE run_id = @run", reader => reader.GetString(0), ("run", id)).ConfigureAwait(false);
        var buffer = new RunBuffer(_timings, whenFull);
        buffer.Resume(series, parameters, tags);
        return buffer;
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
            $"SELECT run_id, name, digest, role, source, schema_json, row_count FROM experiments_inputs WHERE run_id IN ({selection}) ORDER BY name, role",
            reader => (Run: reader.GetString(0), Value: ReadInput(reader)),
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
        Status = Enum.TryParse<RunStatus>(reader.GetString(3), out var status) && Enum.IsDefined(status)
            ? status
            : throw new CorruptDataException($"Run {reader.GetString(0)} has the unknown status '{NameRules.Shown(reader.GetString(3))}'. Was it written by a newer version?"),
        StartedAt = reader.GetTimestamp(4),
        EndedAt = reader.IsDBNull(5) ? null : reader.GetTimestamp(5),
        ParentRunId = reader.GetStringOrNull(6),
        Error = reader.GetStringOrNull(7),
        Attempt = (int)reader.GetInt64(8),
        DeletedAt = reader.IsDBNull(9) ? null : reader.GetTimestamp(9),
        Parameters = new Dictionary<string, string>(),
        Metrics = new Dictionary<string, double>(),
        Tags = new Dictionary<string, string>(),
        Artifacts = new Dictionary<string, ArtifactRef>(),
    };

    private static RunInput ReadInput(DbDataReader reader) => new(reader.GetString(1), reader.GetString(2), reader.GetString(3))
    {
        Source = reader.GetStringOrNull(4),
        Schema = reader.GetStringOrNull(5),
        Rows = reader.IsDBNull(6) ? null : reader.GetInt64(6),
    };

    private NotFoundException MissingRun(string runId) =>
        new($"There is no run '{NameRules.Shown(runId)}' in environment '{_context.Name}'. Runs are listed by experiment.");

    private sealed record FormerRun(string Id, int Attempt, Timestamp StartedAt, bool Deleted);
}
