namespace MlOps.Orchestration;

internal sealed partial class RunStore
{
    public static async ValueTask PutStepAsync(IMetadataSession session, string runId, StepRow step)
    {
        if (step.Output is { } output)
            await BlobReferences.PutAsync(session, runId, step.Step, output).ConfigureAwait(false);
        await WriteStepAsync(session, runId, step).ConfigureAwait(false);
    }

    private static ValueTask<int> WriteStepAsync(IMetadataSession session, string runId, StepRow step) => session.ExecuteAsync(
        "INSERT INTO orchestration_steps (run_id, step, status, reason, failures, interruptions, started_at, ended_at, retry_at, output, error, cached_from) " +
        "VALUES (@run, @step, @status, @reason, @failures, @interruptions, @started, @ended, @retry, @output, @error, @cached) " +
        "ON CONFLICT (run_id, step) DO UPDATE SET status = excluded.status, reason = excluded.reason, failures = excluded.failures, " +
        "interruptions = excluded.interruptions, started_at = excluded.started_at, ended_at = excluded.ended_at, retry_at = excluded.retry_at, " +
        "output = excluded.output, error = excluded.error, cached_from = excluded.cached_from",
        ("run", runId), ("step", step.Step), ("status", step.Status.ToString()), ("reason", step.Reason), ("failures", step.Failures),
        ("interruptions", step.Interruptions), ("started", Micros(step.StartedAt)), ("ended", Micros(step.EndedAt)), ("retry", Micros(step.RetryAt)),
        ("output", step.Output), ("error", step.Error), ("cached", step.CachedFrom));

    public static async ValueTask<int> BeginAttemptAsync(IMetadataSession session, string runId, string step, long fence, string host, Timestamp now)
    {
        var number = (await session.ScalarAsync("SELECT MAX(number) FROM orchestration_attempts WHERE run_id = @run AND step = @step",
            ("run", runId), ("step", step)).ConfigureAwait(false) ?? 0) + 1;
        await session.ExecuteAsync(
            "INSERT INTO orchestration_attempts (run_id, step, number, fence, host, started_at) VALUES (@run, @step, @number, @fence, @host, @now)",
            ("run", runId), ("step", step), ("number", number), ("fence", fence), ("host", host), ("now", now)).ConfigureAwait(false);
        return (int)number;
    }

    public static ValueTask<int> EndAttemptAsync(
        IMetadataSession session, string runId, string step, PipelineStatus outcome, string? error, Timestamp now) => session.ExecuteAsync(
        "UPDATE orchestration_attempts SET ended_at = @now, outcome = @outcome, error = @error WHERE run_id = @run AND step = @step AND ended_at IS NULL AND number = " +
        "(SELECT MAX(number) FROM orchestration_attempts WHERE run_id = @run AND step = @step)",
        ("now", now), ("outcome", outcome.ToString()), ("error", error), ("run", runId), ("step", step));

    public static ValueTask<int> PutCachedAsync(IMetadataSession session, string cacheKey, string runId, string step, string output, Timestamp now) => session.ExecuteAsync(
        "INSERT INTO orchestration_cache (cache_key, run_id, step, output, created_at) VALUES (@key, @run, @step, @output, @now) " +
        "ON CONFLICT (cache_key) DO UPDATE SET run_id = excluded.run_id, output = excluded.output, created_at = excluded.created_at",
        ("key", cacheKey), ("run", runId), ("step", step), ("output", output), ("now", now));

    public static ValueTask<int> SetTrackingRunAsync(IMetadataSession session, string runId, string trackingRun) => session.ExecuteAsync(
        "UPDATE orchestration_runs SET tracking_run = @tracking WHERE run_id = @run", ("tracking", trackingRun), ("run", runId));

    public async ValueTask EndRunAsync(IMetadataSession session, RunRow run, PipelineStatus status, string? error)
    {
        await session.ExecuteAsync(
            "UPDATE orchestration_runs SET status = @status, ended_at = @now, error = @error, owner = NULL, lease_until = 0 WHERE run_id = @run",
            ("status", status.ToString()), ("now", Now), ("error", error), ("run", run.Id)).ConfigureAwait(false);
        await context.Events.AppendAsync(session, "orchestration.run." + status.ToString().ToLowerInvariant(), run.Pipeline, EventData(run.Id, status),
            $"orchestration/{run.Id}/{run.Fence}/ended").ConfigureAwait(false);
    }

    private static object? Micros(Timestamp? moment) => moment?.Microseconds;
}
