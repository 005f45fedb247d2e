namespace MlOps.Registry;

internal sealed partial class SqlExperiments
{
    private const string CatalogueColumns =
        "name, description, created_at, created_by, deleted_at, " +
        "(SELECT COUNT(*) FROM experiments_runs runs WHERE runs.experiment = experiments_catalogue.name AND runs.deleted_at IS NULL)";

    public async ValueTask<ExperimentRecord> CreateExperimentAsync(
        string name, string description = "", IReadOnlyDictionary<string, string>? tags = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.LogRuns, $"experiment '{name}'");
        NameRules.Experiment(name);
        NameRules.Text("The description", description, RegistryLimits.DescriptionLength);
        var labels = tags ?? new Dictionary<string, string>();
        NameRules.Tags(labels);
        var caller = _context.Caller.Name;
        await _area.WriteAsync(async (session, _) =>
        {
            var added = await session.ExecuteAsync(
                "INSERT INTO experiments_catalogue (name, description, created_at, created_by) VALUES (@name, @description, @now, @caller) ON CONFLICT (name) DO NOTHING",
                ("name", name), ("description", description), ("now", Now), ("caller", caller)).ConfigureAwait(false);
            if (added == 0)
                throw new InvalidInputException($"There is an experiment '{name}' already. Update it (restore it first when it is deleted), or choose another name.");
            foreach (var (tag, value) in labels)
            {
                await session.ExecuteAsync(
                    "INSERT INTO experiments_catalogue_tags (experiment, name, value) VALUES (@experiment, @name, @value)",
                    ("experiment", name), ("name", tag), ("value", value)).ConfigureAwait(false);
            }

            await _context.Audit.AppendAsync(session, new AuditEntry("experiments.experiment.create", name)).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
        return await GetExperimentAsync(name, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ExperimentRecord> GetExperimentAsync(string name, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, $"experiment '{name}'");
        NameRules.Experiment(name);
        return await _area.ReadAsync(async (session, _) =>
        {
            var found = await LoadCatalogueAsync(session, "name = @name", ("name", name)).ConfigureAwait(false);
            return found.Count == 1 ? found[0] : throw await MissingExperimentAsync(session, name).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<ExperimentRecord>> ListExperimentsAsync(bool includeDeleted = false, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "experiments");
        return await _area.ReadAsync(
            (session, _) => LoadCatalogueAsync(session, includeDeleted ? "1 = 1" : "deleted_at IS NULL"), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ExperimentRecord> UpdateExperimentAsync(
        string name, string? description = null, IReadOnlyDictionary<string, string?>? tags = null, string reason = "", CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.LogRuns, $"experiment '{name}'");
        NameRules.Experiment(name);
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        if (description is not null)
            NameRules.Text("The description", description, RegistryLimits.DescriptionLength);
        var changes = tags is null ? null : CheckedTags(tags);
        await _area.WriteAsync(async (session, _) =>
        {
            var before = await session.FirstOrDefaultAsync(
                "SELECT description FROM experiments_catalogue WHERE name = @name", reader => reader.GetString(0), ("name", name)).ConfigureAwait(false)
                ?? throw await MissingExperimentAsync(session, name).ConfigureAwait(false);
            if (description is not null && description != before)
            {
                await session.ExecuteAsync(
                    "UPDATE experiments_catalogue SET description = @description WHERE name = @name", ("description", description), ("name", name)).ConfigureAwait(false);
                await _context.Audit.AppendAsync(session, new AuditEntry(
                    "experiments.experiment.describe", name, reason, Before: NoteJson(before), After: NoteJson(description))).ConfigureAwait(false);
            }

            if (changes is not null)
            {
                await ChangeTagsAsync(
                    session, changes, "experiments_catalogue_tags", "experiment", name, $"Experiment '{name}'", "experiments.experiment.tags.set", reason).ConfigureAwait(false);
            }

            return true;
        }, cancellationToken).ConfigureAwait(false);
        return await GetExperimentAsync(name, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<int> DeleteExperimentAsync(string name, string reason, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Delete, $"experiment '{name}'");
        NameRules.Experiment(name);
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        var deletion = Guid.NewGuid().ToString("N");
        return await _area.WriteAsync(async (session, _) =>
        {
            if ((await LoadCatalogueAsync(session, "name = @name", ("name", name)).ConfigureAwait(false)) is not [var found])
                throw await MissingExperimentAsync(session, name).ConfigureAwait(false);
            if (found.DeletedAt is not null)
                return 0;
            var roots = await session.QueryAsync(
                "SELECT id FROM experiments_runs WHERE experiment = @name AND deleted_at IS NULL", reader => reader.GetString(0), ("name", name)).ConfigureAwait(false);
            var runs = new HashSet<string>(StringComparer.Ordinal);
            foreach (var root in roots)
                runs.UnionWith(await LiveBelowAsync(session, root).ConfigureAwait(false));
            await MarkDeletedAsync(session, runs, deletion, $"Experiment '{name}'").ConfigureAwait(false);
            await session.ExecuteAsync(
                "UPDATE experiments_catalogue SET deleted_at = @now, deletion = @deletion WHERE name = @name",
                ("now", Now), ("deletion", deletion), ("name", name)).ConfigureAwait(false);
            await _context.Audit.AppendAsync(session, new AuditEntry("experiments.experiment.delete", name, reason, After: RunsJson(runs))).ConfigureAwait(false);
            return runs.Count;
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<int> RestoreExperimentAsync(string name, string reason, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Delete, $"experiment '{name}'");
        NameRules.Experiment(name);
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        return await _area.WriteAsync(async (session, _) =>
        {
            var deletion = await session.FirstOrDefaultAsync(
                "SELECT COALESCE(deletion, '') FROM experiments_catalogue WHERE name = @name", reader => reader.GetString(0), ("name", name)).ConfigureAwait(false)
                ?? throw await MissingExperimentAsync(session, name).ConfigureAwait(false);
            if (deletion.Length == 0)
                return 0;
            await session.ExecuteAsync(
                "UPDATE experiments_catalogue SET deleted_at = NULL, deletion = NULL WHERE name = @name", ("name", name)).ConfigureAwait(false);
            var runs = await session.QueryAsync(
                "SELECT id FROM experiments_runs WHERE deletion = @deletion AND deleted_at IS NOT NULL", reader => reader.GetString(0), ("deletion", deletion)).ConfigureAwait(false);
            await UndeleteAsync(session, runs).ConfigureAwait(false);
            await _context.Audit.AppendAsync(session, new AuditEntry("experiments.experiment.restore", name, reason, After: RunsJson(runs))).ConfigureAwait(false);
            return runs.Count;
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the experiment of a run that starts, and refuses a deleted one.</summary>
    private async ValueTask RequireLiveExperimentAsync(IMetadataSession session, string name, string caller)
    {
        var added = await session.ExecuteAsync(
            "INSERT INTO experiments_catalogue (name, description, created_at, created_by) VALUES (@name, '', @now, @caller) ON CONFLICT (name) DO NOTHING",
            ("name", name), ("now", Now), ("caller", caller)).ConfigureAwait(false);
        if (added == 0 &&
            await session.ScalarAsync("SELECT deleted_at FROM experiments_catalogue WHERE name = @name", ("name", name)).ConfigureAwait(false) is not null)
        {
            throw new InvalidInputException($"Experiment '{name}' is deleted. Restore it, or start the run in another experiment.");
        }
    }

    private static async ValueTask<IReadOnlyList<ExperimentRecord>> LoadCatalogueAsync(
        IMetadataSession session, string condition, params (string Name, object? Value)[] parameters)
    {
        var tags = (await session.QueryAsync(
            $"SELECT experiment, name, value FROM experiments_catalogue_tags WHERE experiment IN (SELECT name FROM experiments_catalogue WHERE {condition})", ReadPair, parameters)
            .ConfigureAwait(false)).ToLookup(row => row.Run);
        return await session.QueryAsync(
            $"SELECT {CatalogueColumns} FROM experiments_catalogue WHERE {condition} ORDER BY name",
            reader => new ExperimentRecord(
                reader.GetString(0), reader.GetString(1),
                tags[reader.GetString(0)].ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal),
                reader.GetInt64(5), reader.GetTimestamp(2), reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetTimestamp(4)),
            parameters).ConfigureAwait(false);
    }

    private async ValueTask<NotFoundException> MissingExperimentAsync(IMetadataSession session, string name)
    {
        var names = await session.QueryAsync("SELECT name FROM experiments_catalogue ORDER BY name LIMIT 1000", reader => reader.GetString(0)).ConfigureAwait(false);
        return new NotFoundException($"There is no experiment '{NameRules.Shown(name)}' in environment '{_context.Name}'. {NearestNames.Describe(NameRules.Shown(name), names)}");
    }
}
