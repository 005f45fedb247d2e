namespace MlOps.Orchestration;

internal sealed partial class RunStore
{
    /// <summary>Takes a run that nobody else holds; an owner may take its own again after it gave up on a refused commit. The fence grows with every owner, so that what a former owner still tries is refused.</summary>
    public ValueTask<(RunRow Run, List<StepRow> Steps)?> ClaimAsync(string runId, string owner, CancellationToken cancellationToken) =>
        area.WriteAsync(async (session, _) =>
        {
            var now = Now;
            var run = await FindAsync(session, runId).ConfigureAwait(false);
            if (run is null || run.HasEnded || (run.Owner != owner && !IsFree(run.Owner, run.LeaseUntil, now)))
                return ((RunRow, List<StepRow>)?)null;
            var claimed = await session.ExecuteAsync(
                "UPDATE orchestration_runs SET owner = @owner, fence = fence + 1, lease_until = @until, status = 'Running', started_at = COALESCE(started_at, @now) " +
                "WHERE run_id = @run AND fence = @fence AND ended_at IS NULL",
                ("owner", owner), ("until", now + options.LeaseDuration), ("now", now), ("run", runId), ("fence", run.Fence)).ConfigureAwait(false);
            if (claimed == 0)
                return null;
            return ((await FindAsync(session, runId).ConfigureAwait(false))!, await StepsAsync(session, runId).ConfigureAwait(false));
        }, cancellationToken);

    /// <summary>Prolongs a lease.</summary>
    /// <returns>Whether it is still held, and whether somebody asked for the end of the run.</returns>
    public ValueTask<(bool Held, string? CancelReason)> RenewAsync(string runId, long fence, CancellationToken cancellationToken) =>
        area.WriteAsync(async (session, _) =>
        {
            if (await TouchAsync(session, runId, fence).ConfigureAwait(false) == 0)
                return (false, (string?)null);
            return (true, (await FindAsync(session, runId).ConfigureAwait(false))!.CancelReason);
        }, cancellationToken);

    /// <summary>Commits a transition of the run's owner, and prolongs the lease with it.</summary>
    /// <exception cref="LeaseLostException">The fence is old: nothing was changed.</exception>
    public async ValueTask CommitAsync(string runId, long fence, Func<IMetadataSession, ValueTask> body) =>
        await area.WriteAsync(async (session, _) =>
        {
            if (await TouchAsync(session, runId, fence).ConfigureAwait(false) == 0)
                throw new LeaseLostException($"Run {runId}");
            await body(session).ConfigureAwait(false);
            return true;
        }, CancellationToken.None).ConfigureAwait(false);

    public async ValueTask ReleaseAsync(string runId, long fence) =>
        await area.WriteAsync(async (session, _) => await session.ExecuteAsync(
            "UPDATE orchestration_runs SET owner = NULL, lease_until = 0 WHERE run_id = @run AND fence = @fence AND ended_at IS NULL",
            ("run", runId), ("fence", fence)).ConfigureAwait(false), CancellationToken.None).ConfigureAwait(false);

    public ValueTask<bool> RequestCancelAsync(string runId, string reason, CancellationToken cancellationToken) =>
        area.WriteAsync(async (session, _) =>
        {
            var asked = await session.ExecuteAsync(
                "UPDATE orchestration_runs SET cancel_reason = COALESCE(cancel_reason, @reason) WHERE run_id = @run AND ended_at IS NULL",
                ("reason", reason), ("run", runId)).ConfigureAwait(false) == 1;
            if (asked)
                await context.Audit.AppendAsync(session, new AuditEntry("orchestration.run.cancel", runId, reason)).ConfigureAwait(false);
            return asked;
        }, cancellationToken);

    /// <summary>Opens an ended run again: steps that completed stay, the others become as if never touched.</summary>
    public ValueTask<bool> ReopenAsync(string runId, CancellationToken cancellationToken) =>
        area.WriteAsync(async (session, _) =>
        {
            var opened = await session.ExecuteAsync(
                "UPDATE orchestration_runs SET status = 'Pending', ended_at = NULL, error = NULL, cancel_reason = NULL, owner = NULL, lease_until = 0, fence = fence + 1 " +
                "WHERE run_id = @run AND status IN ('Failed', 'Cancelled')", ("run", runId)).ConfigureAwait(false) == 1;
            if (!opened)
                return false;
            await session.ExecuteAsync("DELETE FROM orchestration_steps WHERE run_id = @run AND status <> 'Completed'", ("run", runId)).ConfigureAwait(false);
            await context.Audit.AppendAsync(session, new AuditEntry("orchestration.run.resume", runId)).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    private ValueTask<int> TouchAsync(IMetadataSession session, string runId, long fence) => session.ExecuteAsync(
        "UPDATE orchestration_runs SET lease_until = @until WHERE run_id = @run AND fence = @fence AND ended_at IS NULL",
        ("until", Now + options.LeaseDuration), ("run", runId), ("fence", fence));
}
