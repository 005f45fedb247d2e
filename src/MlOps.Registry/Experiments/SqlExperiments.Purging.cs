namespace MlOps.Registry;

internal sealed partial class SqlExperiments
{
    private static readonly string[] OwnedTables =
        ["experiments_parameters", "experiments_tags", "experiments_inputs", "experiments_artifacts", "experiments_series", "experiments_points", "experiments_notes"];

    public async ValueTask<RunPurgeReport> PurgeRunsAsync(string reason, RunPurgeOptions? options = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Operate, "deleted runs");
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        options ??= new RunPurgeOptions();
        if (options.DeletedFor < TimeSpan.Zero)
            throw new InvalidInputException($"DeletedFor is {options.DeletedFor}: use zero or more.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Limit);
        await _registry.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        var before = Now - options.DeletedFor;
        if (options.DryRun)
        {
            return await _area.ReadAsync(async (session, _) =>
            {
                var (removed, kept) = await SelectAsync(session, before, options.Limit).ConfigureAwait(false);
                return new RunPurgeReport(removed, kept, await CountArtifactsAsync(session, removed).ConfigureAwait(false), DryRun: true);
            }, cancellationToken).ConfigureAwait(false);
        }

        var report = await _area.WriteAsync(async (session, _) =>
        {
            var (removed, kept) = await SelectAsync(session, before, options.Limit).ConfigureAwait(false);
            var artifacts = await CountArtifactsAsync(session, removed).ConfigureAwait(false);
            foreach (var run in removed)
            {
                foreach (var table in OwnedTables)
                    await session.ExecuteAsync($"DELETE FROM {table} WHERE run_id = @run", ("run", run)).ConfigureAwait(false);
                await session.ExecuteAsync("DELETE FROM experiments_runs WHERE id = @run", ("run", run)).ConfigureAwait(false);
            }

            var experiments = await RemoveEmptyExperimentsAsync(session, before).ConfigureAwait(false);
            if (removed.Count + experiments > 0)
                await _context.Audit.AppendAsync(session, new AuditEntry("experiments.run.purge", _context.Name, reason, Before: RunsJson(removed))).ConfigureAwait(false);
            return new RunPurgeReport(removed, kept, artifacts, DryRun: false);
        }, cancellationToken).ConfigureAwait(false);
        if (report.Removed.Count > 0)
            LogPurged(_logger, report.Removed.Count, _context.Name);
        return report;
    }

    /// <summary>Which runs go and which stay. A run that stays keeps those that it is part of, so that no run loses its parent.</summary>
    private static async ValueTask<(List<string> Removed, Dictionary<string, string> Kept)> SelectAsync(IMetadataSession session, Timestamp before, int limit)
    {
        var old = await session.QueryAsync(
            "SELECT id FROM experiments_runs WHERE deleted_at <= @before ORDER BY deleted_at, id", reader => reader.GetString(0), ("before", before)).ConfigureAwait(false);
        var kept = new Dictionary<string, string>(StringComparer.Ordinal);
        var used = await session.QueryAsync(
            "SELECT run.id, version.model, version.version FROM experiments_runs run JOIN registry_versions version ON version.run_id = run.id WHERE run.deleted_at <= @before",
            reader => (Run: reader.GetString(0), Version: $"{reader.GetString(1)}:{reader.GetInt64(2)}"), ("before", before)).ConfigureAwait(false);
        foreach (var (run, version) in used)
            kept.TryAdd(run, $"Version {version} was made by it.");
        var candidates = old.ToHashSet(StringComparer.Ordinal);
        var parents = await session.QueryAsync(
            "SELECT child.id, child.parent_id FROM experiments_runs child JOIN experiments_runs up ON up.id = child.parent_id WHERE up.deleted_at <= @before",
            reader => (Child: reader.GetString(0), Parent: reader.GetString(1)), ("before", before)).ConfigureAwait(false);
        var parentOf = parents.ToDictionary(row => row.Child, row => row.Parent, StringComparer.Ordinal);
        foreach (var (child, _) in parents.Where(row => !candidates.Contains(row.Child)))
            Keep(child);
        foreach (var (run, _) in used)
            Keep(run);
        // Children before parents, so that a limit never cuts a run off from what it is part of.
        var removed = old.Where(run => !kept.ContainsKey(run)).OrderByDescending(Depth).Take(limit).ToList();
        return (removed, kept);

        void Keep(string child)
        {
            for (var at = child; parentOf.TryGetValue(at, out var parent); at = parent)
                kept.TryAdd(parent, $"Run {at}, which stays, is part of it.");
        }

        int Depth(string run)
        {
            var depth = 0;
            for (var at = run; parentOf.TryGetValue(at, out var parent); at = parent)
                depth++;
            return depth;
        }
    }

    private static async ValueTask<long> CountArtifactsAsync(IMetadataSession session, List<string> runs)
    {
        var count = 0L;
        foreach (var run in runs)
            count += await session.ScalarAsync("SELECT COUNT(*) FROM experiments_artifacts WHERE run_id = @run", ("run", run)).ConfigureAwait(false) ?? 0;
        return count;
    }

    private static async ValueTask<int> RemoveEmptyExperimentsAsync(IMetadataSession session, Timestamp before)
    {
        const string empty =
            "SELECT name FROM experiments_catalogue WHERE deleted_at <= @before AND NOT EXISTS (SELECT 1 FROM experiments_runs WHERE experiment = experiments_catalogue.name)";
        await session.ExecuteAsync($"DELETE FROM experiments_catalogue_tags WHERE experiment IN ({empty})", ("before", before)).ConfigureAwait(false);
        return await session.ExecuteAsync($"DELETE FROM experiments_catalogue WHERE name IN ({empty})", ("before", before)).ConfigureAwait(false);
    }
}
