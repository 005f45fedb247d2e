using System.Data.Common;

namespace MlOps.Orchestration;

/// <summary>The rows of runs and steps. Every write of an owner goes through <see cref="CommitAsync"/>, which refuses those whose fence is old.</summary>
internal sealed partial class RunStore(MetadataArea area, EnvironmentContext context, OrchestrationOptions options)
{
    private const string RunColumns =
        "run_id, pipeline, run_key, definition_hash, code_version, input, status, reason, started_by, use_cache, provenance, created_at, started_at, ended_at, " +
        "error, tracking_run, cancel_reason, owner, lease_until, fence";

    public MetadataArea Area => area;

    public Timestamp Now => Timestamp.From(context.Clock.GetUtcNow());

    public ValueTask<RunRow?> FindAsync(string runId, CancellationToken cancellationToken = default) =>
        area.ReadAsync((session, _) => FindAsync(session, runId), cancellationToken);

    public ValueTask<RunRow?> FindByKeyAsync(string pipeline, string key, CancellationToken cancellationToken = default) =>
        area.ReadAsync((session, _) => FindByKeyAsync(session, pipeline, key), cancellationToken);

    public ValueTask<RunRow?> FindByTrackingRunAsync(string trackingRun, CancellationToken cancellationToken = default) =>
        area.ReadAsync((session, _) => session.FirstOrDefaultAsync(
            $"SELECT {RunColumns} FROM orchestration_runs WHERE tracking_run = @run ORDER BY created_at LIMIT 1", MapRun, ("run", trackingRun)), cancellationToken);

    public static ValueTask<RunRow?> FindByKeyAsync(IMetadataSession session, string pipeline, string key) =>
        session.FirstOrDefaultAsync($"SELECT {RunColumns} FROM orchestration_runs WHERE pipeline = @pipeline AND run_key = @key", MapRun, ("pipeline", pipeline), ("key", key));

    public ValueTask<List<RunRow>> ListAsync(PipelineRunQuery query, CancellationToken cancellationToken) =>
        area.ReadAsync((session, _) => session.QueryAsync(
            $"SELECT {RunColumns} FROM orchestration_runs WHERE (@pipeline = '' OR pipeline = @pipeline) AND (@status = '' OR status = @status) " +
            "AND created_at < @before ORDER BY created_at DESC, run_id DESC LIMIT @limit",
            MapRun, ("pipeline", query.Pipeline ?? ""), ("status", query.Status?.ToString() ?? ""),
            ("before", query.Before ?? Timestamp.MaxValue), ("limit", query.Limit)), cancellationToken);

    /// <summary>Runs that nobody who lives holds, oldest first.</summary>
    public async ValueTask<List<RunRow>> ListOrphansAsync(CancellationToken cancellationToken)
    {
        var open = await area.ReadAsync((session, _) => session.QueryAsync(
            $"SELECT {RunColumns} FROM orchestration_runs WHERE ended_at IS NULL ORDER BY created_at, run_id", MapRun), cancellationToken).ConfigureAwait(false);
        var now = Now;
        open.RemoveAll(run => !IsFree(run.Owner, run.LeaseUntil, now));
        return open;
    }

    /// <summary>Creates a run within a transaction, or finds the one of the same key.</summary>
    public async ValueTask<(RunRow Run, bool Created)> CreateAsync(IMetadataSession session, CompiledPipeline pipeline, string input, string key, RunPipelineOptions request, string? provenance)
    {
        var id = Guid.CreateVersion7(context.Clock.GetUtcNow()).ToString("N");
        await session.ExecuteAsync("INSERT INTO orchestration_definitions (hash, definition) VALUES (@hash, @definition) ON CONFLICT DO NOTHING",
            ("hash", pipeline.DefinitionHash), ("definition", pipeline.DefinitionJson)).ConfigureAwait(false);
        var created = await session.ExecuteAsync(
            "INSERT INTO orchestration_runs (run_id, pipeline, run_key, definition_hash, code_version, input, status, reason, started_by, use_cache, provenance, created_at, lease_until, fence) " +
            "VALUES (@id, @pipeline, @key, @hash, @code, @input, 'Pending', @reason, @by, @cache, @provenance, @now, 0, 0) ON CONFLICT DO NOTHING",
            ("id", id), ("pipeline", pipeline.Name), ("key", key.Length > 0 ? key : id), ("hash", pipeline.DefinitionHash), ("code", pipeline.CodeVersion), ("input", input),
            ("reason", request.Reason), ("by", context.Caller.Name), ("cache", request.UseCache), ("provenance", provenance), ("now", Now)).ConfigureAwait(false) == 1;
        var run = (await FindByKeyAsync(session, pipeline.Name, key.Length > 0 ? key : id).ConfigureAwait(false))!;
        if (!created)
        {
            return run.Input == input ? (run, false) : throw new InvalidInputException(
                $"Key '{key}' of pipeline '{pipeline.Name}' was used for run {run.Id} with the input {run.Input}; now the input is {input}. Use another key for another input.");
        }

        await BlobReferences.PutAsync(session, run.Id, BlobReferences.RunInput, input).ConfigureAwait(false);
        await context.Events.AppendAsync(session, "orchestration.run.created", pipeline.Name, EventData(run.Id, PipelineStatus.Pending), $"orchestration/{run.Id}/created").ConfigureAwait(false);
        await context.Audit.AppendAsync(session, new AuditEntry("orchestration.run.create", $"{pipeline.Name}/{run.Id}", request.Reason)).ConfigureAwait(false);
        return (run, true);
    }

    public async ValueTask<(RunRow? Run, List<StepRow> Steps, List<(string Step, StepAttempt Attempt)> Attempts, string? Definition)> ReadAsync(
        string runId, CancellationToken cancellationToken) =>
        await area.ReadAsync(async (session, _) =>
        {
            var run = await FindAsync(session, runId).ConfigureAwait(false);
            var steps = await StepsAsync(session, runId).ConfigureAwait(false);
            var attempts = await session.QueryAsync(
                "SELECT step, number, host, started_at, ended_at, outcome, error FROM orchestration_attempts WHERE run_id = @run ORDER BY step, number",
                row => (row.GetString(0), new StepAttempt((int)row.GetInt64(1), row.GetString(2), row.GetTimestamp(3), Moment(row, 4),
                    row.GetStringOrNull(5) is { } outcome ? Enum.Parse<PipelineStatus>(outcome) : null, row.GetStringOrNull(6))),
                ("run", runId)).ConfigureAwait(false);
            var definition = run is null ? null : await session.FirstOrDefaultAsync(
                "SELECT definition FROM orchestration_definitions WHERE hash = @hash", row => row.GetString(0), ("hash", run.DefinitionHash)).ConfigureAwait(false);
            return (run, steps, attempts, definition);
        }, cancellationToken).ConfigureAwait(false);

    public ValueTask<(string RunId, string Output)?> FindCachedAsync(string cacheKey, CancellationToken cancellationToken) =>
        area.ReadAsync(async (session, _) =>
        {
            var rows = await session.QueryAsync("SELECT run_id, output FROM orchestration_cache WHERE cache_key = @key",
                row => (row.GetString(0), row.GetString(1)), ("key", cacheKey)).ConfigureAwait(false);
            return rows.Count == 0 ? ((string, string)?)null : rows[0];
        }, cancellationToken);

    public static string EventData(string runId, PipelineStatus status) => $$"""{"run":"{{runId}}","status":"{{status}}"}""";

    public static bool IsFree(string? owner, Timestamp leaseUntil, Timestamp now) => owner is null || leaseUntil < now || LeaseOwner.IsDead(owner);

    private static ValueTask<RunRow?> FindAsync(IMetadataSession session, string runId) =>
        session.FirstOrDefaultAsync($"SELECT {RunColumns} FROM orchestration_runs WHERE run_id = @run", MapRun, ("run", runId));

    private static ValueTask<List<StepRow>> StepsAsync(IMetadataSession session, string runId) => session.QueryAsync(
        "SELECT step, status, reason, failures, interruptions, started_at, ended_at, retry_at, output, error, cached_from FROM orchestration_steps WHERE run_id = @run",
        row => new StepRow(row.GetString(0), Enum.Parse<PipelineStatus>(row.GetString(1)))
        {
            Reason = row.GetString(2),
            Failures = (int)row.GetInt64(3),
            Interruptions = (int)row.GetInt64(4),
            StartedAt = Moment(row, 5),
            EndedAt = Moment(row, 6),
            RetryAt = Moment(row, 7),
            Output = row.GetStringOrNull(8),
            Error = row.GetStringOrNull(9),
            CachedFrom = row.GetStringOrNull(10),
        }, ("run", runId));

    private static RunRow MapRun(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), Enum.Parse<PipelineStatus>(row.GetString(6)),
        row.GetString(7), row.GetString(8), row.GetInt64(9) != 0, row.GetStringOrNull(10), row.GetTimestamp(11), Moment(row, 12), Moment(row, 13),
        row.GetStringOrNull(14), row.GetStringOrNull(15), row.GetStringOrNull(16), row.GetStringOrNull(17), row.GetTimestamp(18), row.GetInt64(19));

    private static Timestamp? Moment(DbDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetTimestamp(ordinal);
}
