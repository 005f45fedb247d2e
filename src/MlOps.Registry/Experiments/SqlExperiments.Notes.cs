using MlOps.Reporting;

namespace MlOps.Registry;

internal sealed partial class SqlExperiments
{
    private const int PlotBytes = 64 * 1024 * 1024;

    public async ValueTask SetRunTagsAsync(
        string runId, IReadOnlyDictionary<string, string?> tags, string reason = "", CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.LogRuns, Subject("run", runId));
        ArgumentNullException.ThrowIfNull(runId);
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        var changes = CheckedTags(tags);
        await _area.WriteAsync(async (session, _) =>
        {
            await RequireRunAsync(session, runId).ConfigureAwait(false);
            await ChangeTagsAsync(
                session, changes, "experiments_tags", "run_id", runId, $"Run {runId}", "experiments.run.tags.set", reason).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask SetRunNoteAsync(string runId, string markdown, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.LogRuns, Subject("run", runId));
        ArgumentNullException.ThrowIfNull(runId);
        NameRules.Text("The note", markdown, RegistryLimits.DescriptionLength);
        var caller = _context.Caller.Name;
        await _area.WriteAsync(async (session, _) =>
        {
            await RequireRunAsync(session, runId).ConfigureAwait(false);
            var before = await session.FirstOrDefaultAsync(
                "SELECT text FROM experiments_notes WHERE run_id = @run ORDER BY id DESC LIMIT 1", reader => reader.GetString(0), ("run", runId)).ConfigureAwait(false) ?? "";
            if (before == markdown)
                return false;
            await session.ExecuteAsync(
                "INSERT INTO experiments_notes (run_id, text, written_at, written_by) VALUES (@run, @text, @now, @caller)",
                ("run", runId), ("text", markdown), ("now", Now), ("caller", caller)).ConfigureAwait(false);
            await _context.Audit.AppendAsync(session, new AuditEntry(
                "experiments.run.note.set", runId, Before: NoteJson(before), After: NoteJson(markdown))).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<RunNote>> GetRunNotesAsync(string runId, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject("run", runId));
        ArgumentNullException.ThrowIfNull(runId);
        return await _area.ReadAsync(async (session, _) =>
        {
            await RequireRunAsync(session, runId).ConfigureAwait(false);
            return await session.QueryAsync(
                "SELECT text, written_at, written_by FROM experiments_notes WHERE run_id = @run ORDER BY id DESC",
                reader => new RunNote(reader.GetString(0), reader.GetTimestamp(1), reader.GetString(2)), ("run", runId)).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<string>> ListPlotsAsync(string runId, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject("run", runId));
        ArgumentNullException.ThrowIfNull(runId);
        return await _area.ReadAsync(async (session, _) =>
        {
            await RequireRunAsync(session, runId).ConfigureAwait(false);
            return await session.QueryAsync(
                "SELECT name FROM experiments_artifacts WHERE run_id = @run AND media_type = @type ORDER BY name",
                reader => RunExtensions.PlotNameOf(reader.GetString(0)), ("run", runId), ("type", RunExtensions.PlotMediaType)).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<Plot> GetPlotAsync(string runId, string name, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.ReadArtifacts, Subject("run", runId));
        ArgumentNullException.ThrowIfNull(runId);
        ArgumentNullException.ThrowIfNull(name);
        var stored = await _area.ReadAsync(async (session, _) =>
        {
            await RequireRunAsync(session, runId).ConfigureAwait(false);
            return await session.FirstOrDefaultAsync(
                "SELECT digest, size, media_type FROM experiments_artifacts WHERE run_id = @run AND name = @name AND media_type = @type",
                reader => new ArtifactRef(reader.GetString(0), reader.GetInt64(1), reader.GetString(2)),
                ("run", runId), ("name", RunExtensions.PlotArtifact(name)), ("type", RunExtensions.PlotMediaType)).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        if (stored is null)
        {
            throw new NotFoundException(
                $"Run {runId} has no plot '{NameRules.Shown(name)}'. {NearestNames.Describe(name, await ListPlotsAsync(runId, cancellationToken).ConfigureAwait(false))}");
        }

        return PlotJson.Deserialize(await _context.Artifacts.GetBytesAsync(stored, PlotBytes, cancellationToken).ConfigureAwait(false));
    }

    private static Dictionary<string, string?> CheckedTags(IReadOnlyDictionary<string, string?> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        var changes = Snapshots.Of("Tag", tags, RegistryLimits.TagChanges);
        if (changes.Count > RegistryLimits.TagChanges)
            throw new InvalidInputException($"More than {RegistryLimits.TagChanges} tags are set at once. Set them in several calls.");
        foreach (var (name, value) in changes)
        {
            NameRules.Field("Tag", name);
            if (value is not null)
                NameRules.Text($"The value of tag '{name}'", value, RegistryLimits.TagValueLength);
        }

        return changes;
    }

    /// <summary>Changes the labels of a run or an experiment, which differ in table and key only, and records it when anything changed.</summary>
    private async ValueTask ChangeTagsAsync(
        IMetadataSession session, Dictionary<string, string?> changes, string table, string key, string owner, string shown, string operation,
        string reason = "")
    {
        var before = (await session.QueryAsync(
            $"SELECT name, value FROM {table} WHERE {key} = @owner", reader => KeyValuePair.Create(reader.GetString(0), reader.GetString(1)), ("owner", owner)).ConfigureAwait(false))
            .ToDictionary(StringComparer.Ordinal);
        if (TagMerge.Apply(before, changes, shown) is not { } after)
            return;
        foreach (var (name, value) in changes)
        {
            if (value is null)
                await session.ExecuteAsync($"DELETE FROM {table} WHERE {key} = @owner AND name = @name", ("owner", owner), ("name", name)).ConfigureAwait(false);
            else
            {
                await session.ExecuteAsync(
                    $"INSERT INTO {table} ({key}, name, value) VALUES (@owner, @name, @value) ON CONFLICT ({key}, name) DO UPDATE SET value = excluded.value",
                    ("owner", owner), ("name", name), ("value", value)).ConfigureAwait(false);
            }
        }

        await _context.Audit.AppendAsync(session, new AuditEntry(operation, owner, reason, Before: TagsJson(before), After: TagsJson(after))).ConfigureAwait(false);
    }

    private static string TagsJson(Dictionary<string, string> tags) => StoredJson.Text(writer =>
    {
        writer.WriteStartObject();
        StoredJson.WriteMap(writer, "tags", tags);
        writer.WriteEndObject();
    });

    // The texts lie in the note's history; the trail says which ones they were.
    private static string NoteJson(string text) => StoredJson.Text(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("characters", text.Length);
        writer.WriteString("digest", ArtifactDigest.Of(System.Text.Encoding.UTF8.GetBytes(text)).ToString());
        writer.WriteEndObject();
    });
}
