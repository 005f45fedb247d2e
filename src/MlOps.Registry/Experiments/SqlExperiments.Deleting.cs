namespace MlOps.Registry;

internal sealed partial class SqlExperiments
{
    private const int RunsNamed = 100;

    public async ValueTask<RunDeletion> DeleteRunAsync(string runId, string reason, bool includeChildren = true, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Delete, Subject("run", runId));
        ArgumentNullException.ThrowIfNull(runId);
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        var deletion = Guid.NewGuid().ToString("N");
        return await _area.WriteAsync(async (session, _) =>
        {
            await RequireRunAsync(session, runId).ConfigureAwait(false);
            var runs = await LiveBelowAsync(session, runId).ConfigureAwait(false);
            if (!runs.Contains(runId))
                return new RunDeletion(runId, 0);
            if (runs.Count > 1 && !includeChildren)
                throw new InvalidInputException($"Run {runId} has {runs.Count - 1} runs below it, among them {runs.First(id => id != runId)}. Delete them first, or let them go along.");
            await MarkDeletedAsync(session, runs, deletion, $"Run {runId}").ConfigureAwait(false);
            await _context.Audit.AppendAsync(session, new AuditEntry("experiments.run.delete", runId, reason, After: RunsJson(runs))).ConfigureAwait(false);
            return new RunDeletion(runId, runs.Count - 1);
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RunDeletion> RestoreRunAsync(string runId, string reason, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Delete, Subject("run", runId));
        ArgumentNullException.ThrowIfNull(runId);
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        return await _area.WriteAsync(async (session, _) =>
        {
            var found = await session.FirstOrDefaultAsync(
                "SELECT experiment, parent_id, deletion FROM experiments_runs WHERE id = @id",
                reader => new DeletedRun(reader.GetString(0), reader.GetStringOrNull(1), reader.GetStringOrNull(2)), ("id", runId)).ConfigureAwait(false)
                ?? throw MissingRun(runId);
            if (found.Deletion is null)
                return new RunDeletion(runId, 0);
            if (await session.ScalarAsync("SELECT deleted_at FROM experiments_catalogue WHERE name = @name", ("name", found.Experiment)).ConfigureAwait(false) is not null)
                throw new InvalidInputException($"Run {runId} belongs to experiment '{found.Experiment}', which is deleted. Restore the experiment first.");
            if (found.Parent is { } parent &&
                await session.ScalarAsync("SELECT deleted_at FROM experiments_runs WHERE id = @id", ("id", parent)).ConfigureAwait(false) is not null)
            {
                throw new InvalidInputException($"Run {runId} is part of run {parent}, which is deleted. Restore that one first; it brings back what was deleted with it.");
            }

            var runs = await session.QueryAsync(
                Below + "SELECT run.id FROM experiments_runs run JOIN below ON run.id = below.id WHERE run.deletion = @deletion",
                reader => reader.GetString(0), ("root", runId), ("deletion", found.Deletion)).ConfigureAwait(false);
            await UndeleteAsync(session, runs).ConfigureAwait(false);
            await _context.Audit.AppendAsync(session, new AuditEntry("experiments.run.restore", runId, reason, After: RunsJson(runs))).ConfigureAwait(false);
            return new RunDeletion(runId, runs.Count - 1);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The run and those below it that are not deleted.</summary>
    private static async ValueTask<HashSet<string>> LiveBelowAsync(IMetadataSession session, string runId) =>
        (await session.QueryAsync(
            Below + "SELECT run.id FROM experiments_runs run JOIN below ON run.id = below.id WHERE run.deleted_at IS NULL",
            reader => reader.GetString(0), ("root", runId)).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);

    private async ValueTask MarkDeletedAsync(IMetadataSession session, HashSet<string> runs, string deletion, string what)
    {
        var now = Now;
        foreach (var run in runs)
        {
            var changed = await session.ExecuteAsync(
                "UPDATE experiments_runs SET deleted_at = @now, deletion = @deletion WHERE id = @id AND status <> 'Running'",
                ("now", now), ("deletion", deletion), ("id", run)).ConfigureAwait(false);
            if (changed == 0)
                throw new InvalidInputException($"{what} cannot be deleted: run {run} is going on. End it first; a run whose process died counts as lost after {_timings.Lease}.");
        }
    }

    /// <summary>Brings runs back, and refuses where one would live without its parent or its experiment.</summary>
    private static async ValueTask UndeleteAsync(IMetadataSession session, List<string> runs)
    {
        foreach (var run in runs)
            await session.ExecuteAsync("UPDATE experiments_runs SET deleted_at = NULL, deletion = NULL WHERE id = @id", ("id", run)).ConfigureAwait(false);
        foreach (var run in runs)
        {
            var missing = await session.FirstOrDefaultAsync(
                "SELECT 'run ' || up.id FROM experiments_runs run JOIN experiments_runs up ON up.id = run.parent_id WHERE run.id = @id AND up.deleted_at IS NOT NULL " +
                "UNION ALL SELECT 'experiment ' || home.name FROM experiments_runs run JOIN experiments_catalogue home ON home.name = run.experiment " +
                "WHERE run.id = @id AND home.deleted_at IS NOT NULL",
                reader => reader.GetString(0), ("id", run)).ConfigureAwait(false);
            if (missing is not null)
                throw new InvalidInputException($"Run {run} would come back, but the {missing} that it belongs to is deleted. Restore that first.");
        }
    }

    private static string RunsJson(IReadOnlyCollection<string> runs) => StoredJson.Text(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("count", runs.Count);
        StoredJson.WriteStrings(writer, "runs", runs.Order(StringComparer.Ordinal).Take(RunsNamed));
        writer.WriteEndObject();
    });

    private sealed record DeletedRun(string Experiment, string? Parent, string? Deletion);
}
