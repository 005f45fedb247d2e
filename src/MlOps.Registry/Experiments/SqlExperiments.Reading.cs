namespace MlOps.Registry;

internal sealed partial class SqlExperiments
{
    // The runs below one, with their distance; a child starts after its parent exists, so there are no cycles but those of a store that was
    // tampered with: there the walk ends, too.
    private const string DeepestRun = "64";

    private const string Below =
        "WITH RECURSIVE below (id, depth) AS (SELECT id, 0 FROM experiments_runs WHERE id = @root UNION ALL " +
        "SELECT child.id, below.depth + 1 FROM experiments_runs child JOIN below ON child.parent_id = below.id AND below.depth < " + DeepestRun + ") ";

    private const string Above =
        "WITH RECURSIVE above (id, parent_id, depth) AS (SELECT id, parent_id, 0 FROM experiments_runs WHERE id = @run UNION ALL " +
        "SELECT up.id, up.parent_id, above.depth + 1 FROM experiments_runs up JOIN above ON up.id = above.parent_id AND above.depth < " + DeepestRun + ") ";

    public async ValueTask<IReadOnlyList<RunRecord>> ListRunsAsync(string experiment, RunListOptions options, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, $"experiment '{experiment}'");
        ArgumentNullException.ThrowIfNull(options);
        NameRules.Experiment(experiment);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Limit);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        var parameters = new List<(string Name, object? Value)> { ("experiment", experiment), ("limit", (long)options.Limit) };
        var condition = "experiment = @experiment";
        if (!options.IncludeDeleted)
            condition += " AND deleted_at IS NULL";
        if (options.TopLevelOnly)
            condition += " AND parent_id IS NULL";
        if (options.ParentRunId is { } parent)
        {
            condition += " AND parent_id = @parent";
            parameters.Add(("parent", parent));
        }

        return await _area.ReadAsync(
            (session, _) => LoadAsync(
                session, $"SELECT id FROM experiments_runs WHERE {condition} ORDER BY started_at DESC, id DESC LIMIT @limit", [.. parameters]),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RunTree> GetRunTreeAsync(string runId, bool fromRoot = false, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject("run", runId));
        ArgumentNullException.ThrowIfNull(runId);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        var (root, runs) = await _area.ReadAsync(async (session, _) =>
        {
            await RequireRunAsync(session, runId).ConfigureAwait(false);
            var top = !fromRoot
                ? runId
                : await session.FirstOrDefaultAsync(
                    Above + "SELECT id FROM above ORDER BY depth DESC LIMIT 1", reader => reader.GetString(0), ("run", runId)).ConfigureAwait(false) ?? runId;
            return (top, await LoadAsync(session, Below + "SELECT id FROM below", ("root", top)).ConfigureAwait(false));
        }, cancellationToken).ConfigureAwait(false);
        var showDeleted = runs.First(run => run.Id == root).DeletedAt is not null;
        var children = runs.Where(run => run.ParentRunId is not null && (showDeleted || run.DeletedAt is null))
            .OrderBy(run => run.StartedAt).ThenBy(run => run.Id, StringComparer.Ordinal).ToLookup(run => run.ParentRunId!, StringComparer.Ordinal);
        return Grow(runs.First(run => run.Id == root), 0);

        RunTree Grow(RunRecord run, int depth) => depth <= RegistryLimits.RunDepth
            ? new(run, [.. children[run.Id].Select(child => Grow(child, depth + 1))])
            : throw new CorruptDataException($"Run {run.Id} is part of itself, or lies more than {RegistryLimits.RunDepth} runs deep. Restore the metadata store from a backup.");
    }

    public async ValueTask<RunComparison> CompareRunsAsync(IReadOnlyList<string> runIds, bool includeEqual = false, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "runs to compare");
        ArgumentNullException.ThrowIfNull(runIds);
        if (runIds.Count is < 2 or > RegistryLimits.ComparedRuns)
            throw new InvalidInputException($"{runIds.Count} runs cannot be compared: name 2 to {RegistryLimits.ComparedRuns}.");
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        var names = string.Join(", ", Enumerable.Range(0, runIds.Count).Select(i => $"@run{i}"));
        var parameters = runIds.Select((id, i) => ($"run{i}", (object?)id)).ToArray();
        var runs = (await _area.ReadAsync(
            (session, _) => LoadAsync(session, $"SELECT id FROM experiments_runs WHERE id IN ({names})", parameters), cancellationToken).ConfigureAwait(false))
            .ToDictionary(run => run.Id, StringComparer.Ordinal);
        return RunComparison.Of([.. runIds.Select(id => runs.GetValueOrDefault(id) ?? throw MissingRun(id))], includeEqual);
    }

    private async ValueTask RequireRunAsync(IMetadataSession session, string runId)
    {
        if (await session.ScalarAsync("SELECT 1 FROM experiments_runs WHERE id = @id", ("id", runId)).ConfigureAwait(false) is null)
            throw MissingRun(runId);
    }

    private async ValueTask RequireParentAsync(IMetadataSession session, string parent)
    {
        var above = await session.QueryAsync(
            Above + "SELECT depth FROM above", reader => reader.GetInt64(0), ("run", parent)).ConfigureAwait(false);
        if (above.Count == 0)
            throw new NotFoundException($"The parent run '{NameRules.Shown(parent)}' does not exist in environment '{_context.Name}'.");
        if (above.Count >= RegistryLimits.RunDepth)
            throw new InvalidInputException($"Run {parent} lies {above.Count} runs deep; at most {RegistryLimits.RunDepth} runs within runs are allowed. Start the run beside it.");
        if (await session.ScalarAsync("SELECT deleted_at FROM experiments_runs WHERE id = @id", ("id", parent)).ConfigureAwait(false) is not null)
            throw new InvalidInputException($"The parent run {parent} is deleted. Restore it first, or start the run without a parent.");
    }
}
