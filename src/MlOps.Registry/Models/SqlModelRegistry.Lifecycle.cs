using System.Globalization;

namespace MlOps.Registry;

internal sealed partial class SqlModelRegistry
{
    private const string DeletedAction = "deleted";
    private const string RestoredAction = "restored";
    private const string PurgedAction = "purged";
    private const int UsesShown = 8;

    public async ValueTask<Deletion> DeleteAsync(
        ModelVersionRef version, string reason, DeletionOptions? options = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Delete, Subject(version.Model));
        NameRules.Model(version.Model);
        RequireReason(reason);
        if ((await LoadAsync(version, includeDeleted: true, cancellationToken).ConfigureAwait(false)).Deleted is { } former)
            return former;
        await RequireUnservedAsync([version], cancellationToken).ConfigureAwait(false);
        var caller = _context.Caller.Name;
        return await _area.WriteAsync(async (session, _) =>
        {
            if (await FindDeletionAsync(session, version).ConfigureAwait(false) is { } raced)
                return raced;
            await RequireVersionAsync(session, version).ConfigureAwait(false);
            await ReleaseAliasesAsync(session, version.Model, version.Version, reason, caller, options).ConfigureAwait(false);
            var deletion = new Deletion(Now, caller, reason);
            await session.ExecuteAsync(
                "UPDATE registry_versions SET deleted_at = @at, deleted_by = @by, deleted_reason = @reason WHERE model = @model AND version = @version",
                ("model", version.Model), ("version", (long)version.Version), ("at", deletion.At), ("by", caller), ("reason", reason)).ConfigureAwait(false);
            await NoteAsync(session, version, DeletedAction, deletion).ConfigureAwait(false);
            await TouchAsync(session, version.Model).ConfigureAwait(false);
            await AnnounceAsync(session, "registry.version.delete", RegistryEvents.VersionDeleted, version.Model, version.Version, reason, null, DeletionJson(deletion)).ConfigureAwait(false);
            return deletion;
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ModelVersion> RestoreAsync(ModelVersionRef version, string reason, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Delete, Subject(version.Model));
        NameRules.Model(version.Model);
        RequireReason(reason);
        var caller = _context.Caller.Name;
        return await _area.WriteAsync(async (session, _) =>
        {
            var stored = await FindAsync(session, version, includeDeleted: true).ConfigureAwait(false) ?? throw await MissingAsync(session, version).ConfigureAwait(false);
            if (stored.Deleted is not { } deletion)
                return stored;
            if (await session.ScalarAsync("SELECT 1 FROM registry_models WHERE name = @model AND deleted_at IS NOT NULL", ("model", version.Model)).ConfigureAwait(false) is not null)
                throw new ConcurrencyConflictException($"Version {version} cannot be restored while model '{version.Model}' is deleted. Restore the model first.");
            await session.ExecuteAsync(
                "UPDATE registry_versions SET deleted_at = NULL, deleted_by = NULL, deleted_reason = NULL, deleted_with = NULL WHERE model = @model AND version = @version",
                ("model", version.Model), ("version", (long)version.Version)).ConfigureAwait(false);
            await NoteAsync(session, version, RestoredAction, new Deletion(Now, caller, reason)).ConfigureAwait(false);
            await TouchAsync(session, version.Model).ConfigureAwait(false);
            await AnnounceAsync(session, "registry.version.restore", RegistryEvents.VersionRestored, version.Model, version.Version, reason, DeletionJson(deletion), null).ConfigureAwait(false);
            return stored with { Deleted = null };
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<Deletion> DeleteModelAsync(
        string model, string reason, DeletionOptions? options = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Delete, Subject(model));
        NameRules.Model(model);
        RequireReason(reason);
        if (_users.Length > 0)
            await RequireUnservedAsync(await LiveVersionsAsync(model, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var caller = _context.Caller.Name;
        return await _area.WriteAsync(async (session, _) =>
        {
            var stored = await FindModelAsync(session, model, includeDeleted: true).ConfigureAwait(false) ?? throw await MissingModelAsync(session, model).ConfigureAwait(false);
            if (stored.Deleted is { } raced)
                return raced;
            await ReleaseAliasesAsync(session, model, null, reason, caller, options).ConfigureAwait(false);
            var deletion = new Deletion(Now, caller, reason);
            (string, object?)[] parameters = [("model", model), ("at", deletion.At), ("by", caller), ("reason", reason)];
            await session.ExecuteAsync(
                "UPDATE registry_models SET deletions = deletions + 1, deleted_at = @at, deleted_by = @by, deleted_reason = @reason, updated_at = @at WHERE name = @model",
                parameters).ConfigureAwait(false);
            await session.ExecuteAsync(
                "INSERT INTO registry_lifecycle (model, version, action, done_at, done_by, reason) " +
                "SELECT model, version, 'deleted', @at, @by, @reason FROM registry_versions WHERE model = @model AND deleted_at IS NULL ORDER BY version",
                parameters).ConfigureAwait(false);
            await session.ExecuteAsync(
                "UPDATE registry_versions SET deleted_at = @at, deleted_by = @by, deleted_reason = @reason, " +
                "deleted_with = (SELECT deletions FROM registry_models WHERE name = @model) WHERE model = @model AND deleted_at IS NULL", parameters).ConfigureAwait(false);
            await AnnounceAsync(session, "registry.model.delete", RegistryEvents.ModelDeleted, model, null, reason, ModelJson(stored), DeletionJson(deletion)).ConfigureAwait(false);
            return deletion;
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RegisteredModel> RestoreModelAsync(string model, string reason, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Delete, Subject(model));
        NameRules.Model(model);
        RequireReason(reason);
        var caller = _context.Caller.Name;
        return await _area.WriteAsync(async (session, _) =>
        {
            var stored = await FindModelAsync(session, model, includeDeleted: true).ConfigureAwait(false) ?? throw await MissingModelAsync(session, model).ConfigureAwait(false);
            if (stored.Deleted is not { } deletion)
                return stored;
            (string, object?)[] parameters = [("model", model), ("at", Now), ("by", caller), ("reason", reason)];
            const string DeletedWithIt = "FROM registry_versions WHERE model = @model AND deleted_with = (SELECT deletions FROM registry_models WHERE name = @model)";
            await session.ExecuteAsync(
                "INSERT INTO registry_lifecycle (model, version, action, done_at, done_by, reason) " +
                $"SELECT model, version, 'restored', @at, @by, @reason {DeletedWithIt} ORDER BY version", parameters).ConfigureAwait(false);
            await session.ExecuteAsync(
                "UPDATE registry_versions SET deleted_at = NULL, deleted_by = NULL, deleted_reason = NULL, deleted_with = NULL " +
                "WHERE model = @model AND deleted_with = (SELECT deletions FROM registry_models WHERE name = @model)", ("model", model)).ConfigureAwait(false);
            await session.ExecuteAsync(
                "UPDATE registry_models SET deleted_at = NULL, deleted_by = NULL, deleted_reason = NULL, updated_at = @at WHERE name = @model",
                ("model", model), ("at", Now)).ConfigureAwait(false);
            var restored = await FindModelAsync(session, model, includeDeleted: false).ConfigureAwait(false)
                ?? throw new StorageException($"Model '{model}' vanished within its own transaction.");
            await AnnounceAsync(session, "registry.model.restore", RegistryEvents.ModelRestored, model, null, reason, DeletionJson(deletion), ModelJson(restored)).ConfigureAwait(false);
            return restored;
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<PurgeReport> PurgeAsync(TimeSpan olderThan, bool dryRun = false, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Operate, "deleted versions");
        ArgumentOutOfRangeException.ThrowIfLessThan(olderThan, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(olderThan, TimeSpan.FromDays(365_000));
        var before = Timestamp.From(_context.Clock.GetUtcNow() - olderThan);
        var due = await _area.ReadAsync((session, _) => session.QueryAsync(
            "SELECT model, version FROM registry_versions WHERE deleted_at IS NOT NULL AND deleted_at <= @before ORDER BY model, version",
            reader => new ModelVersionRef(reader.GetString(0), (int)reader.GetInt64(1)), ("before", before)), cancellationToken).ConfigureAwait(false);
        var (purged, kept) = (new List<ModelVersionRef>(), new List<string>());
        foreach (var version in due)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await UsesAsync(version, cancellationToken).ConfigureAwait(false) is { Count: > 0 } uses)
                kept.Add($"{version}: {string.Join(", ", uses)}");
            else if (dryRun || await RemoveAsync(version, before, cancellationToken).ConfigureAwait(false))
                purged.Add(version);
        }

        return new PurgeReport(purged, kept, dryRun);
    }

    private async ValueTask<bool> RemoveAsync(ModelVersionRef version, Timestamp before, CancellationToken cancellationToken)
    {
        var caller = _context.Caller.Name;
        return await _area.WriteAsync(async (session, _) =>
        {
            // Restored, or deleted anew, since the list was made.
            if (await FindDeletionAsync(session, version).ConfigureAwait(false) is not { } deletion || deletion.At > before)
                return false;
            (string, object?)[] parameters = [("model", version.Model), ("version", (long)version.Version)];
            foreach (var table in (string[])["registry_blobs", "registry_metrics", "registry_tags", "registry_sources", "registry_signatures", "registry_versions"])
                await session.ExecuteAsync($"DELETE FROM {table} WHERE model = @model AND version = @version", parameters).ConfigureAwait(false);
            await NoteAsync(session, version, PurgedAction, new Deletion(Now, caller, deletion.Reason)).ConfigureAwait(false);
            await AnnounceAsync(
                session, "registry.version.purge", RegistryEvents.VersionPurged, version.Model, version.Version, deletion.Reason, DeletionJson(deletion), null).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask ReleaseAliasesAsync(IMetadataSession session, string model, int? version, string reason, string caller, DeletionOptions? options)
    {
        var aliases = await session.QueryAsync(
            "SELECT alias, version FROM registry_aliases WHERE model = @model AND (@version IS NULL OR version = @version) ORDER BY alias",
            reader => (Alias: reader.GetString(0), Version: (int)reader.GetInt64(1)), ("model", model), ("version", (long?)version)).ConfigureAwait(false);
        if (aliases.Count > 0 && options is not { RemoveAliases: true })
        {
            throw new ConcurrencyConflictException(
                $"{(version is null ? $"Model '{model}'" : $"Version {model}:{version}")} cannot be deleted: {string.Join(", ", aliases.Select(alias => $"{model}@{alias.Alias} points at version {alias.Version}"))}. " +
                $"Move or remove {(aliases.Count == 1 ? "the alias" : "these aliases")} first, or delete with {nameof(DeletionOptions)}.{nameof(DeletionOptions.RemoveAliases)}.");
        }

        foreach (var (alias, target) in aliases)
        {
            var last = (await ReadStateAsync(session, model, alias, null).ConfigureAwait(false)).LastMove;
            var at = last is { } moved && moved > Now.Microseconds ? new Timestamp(moved) : Now;
            await RecordMoveAsync(session, new AliasChange(model, alias, target, null, at, caller, reason)).ConfigureAwait(false);
        }
    }

    private async ValueTask RequireUnservedAsync(IReadOnlyList<ModelVersionRef> versions, CancellationToken cancellationToken)
    {
        foreach (var version in versions)
        {
            if (await UsesAsync(version, cancellationToken).ConfigureAwait(false) is { Count: > 0 } uses)
            {
                throw new ConcurrencyConflictException(
                    $"Version {version} cannot be deleted: {string.Join(", ", uses.Take(UsesShown))}. Give the traffic to another version first.");
            }
        }
    }

    private async ValueTask<List<string>> UsesAsync(ModelVersionRef version, CancellationToken cancellationToken)
    {
        var uses = new List<string>();
        foreach (var user in _users)
        {
            var edges = await user.GetEdgesAsync(LineageNode.Version(version), LineageDirection.Downstream, 1_000, cancellationToken).ConfigureAwait(false);
            uses.AddRange(edges.Where(edge => edge.Kind is LineageEdgeKind.Serves or LineageEdgeKind.Shadows)
                .Select(edge => $"endpoint '{edge.To.Id}' {(edge.Kind == LineageEdgeKind.Serves ? "serves" : "shadows")} it"));
        }

        return uses;
    }

    private ValueTask<List<ModelVersionRef>> LiveVersionsAsync(string model, CancellationToken cancellationToken) =>
        _area.ReadAsync((session, _) => session.QueryAsync(
            "SELECT version FROM registry_versions WHERE model = @model AND deleted_at IS NULL",
            reader => new ModelVersionRef(model, (int)reader.GetInt64(0)), ("model", model)), cancellationToken);

    private static ValueTask<Deletion?> FindDeletionAsync(IMetadataSession session, ModelVersionRef version) =>
        session.FirstOrDefaultAsync(
            "SELECT deleted_at, deleted_by, deleted_reason FROM registry_versions WHERE model = @model AND version = @version AND deleted_at IS NOT NULL",
            reader => ReadDeletion(reader, 0), ("model", version.Model), ("version", (long)version.Version));

    private static async ValueTask NoteAsync(IMetadataSession session, ModelVersionRef version, string action, Deletion done) =>
        await session.ExecuteAsync(
            "INSERT INTO registry_lifecycle (model, version, action, done_at, done_by, reason) VALUES (@model, @version, @action, @at, @by, @reason)",
            ("model", version.Model), ("version", (long)version.Version), ("action", action), ("at", done.At), ("by", done.By), ("reason", done.Reason)).ConfigureAwait(false);

    private async ValueTask AnnounceAsync(
        IMetadataSession session, string operation, string type, string model, int? version, string reason, string? before, string? after)
    {
        var subject = version is { } number ? new ModelVersionRef(model, number).ToString() : model;
        await _context.Audit.AppendAsync(session, new AuditEntry(operation, subject, reason, before, after)).ConfigureAwait(false);
        await _context.Events.AppendAsync(session, type, model, StoredJson.Text(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("model", model);
            if (version is { } known)
                writer.WriteNumber("version", known);
            writer.WriteString("reason", reason);
            writer.WriteEndObject();
        })).ConfigureAwait(false);
    }

    private static string DeletionJson(Deletion deletion) => StoredJson.Text(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("deletedAt", deletion.At.ToString());
        writer.WriteString("deletedBy", deletion.By);
        writer.WriteString("reason", deletion.Reason);
        writer.WriteEndObject();
    });

    private static string Described(Deletion deletion) =>
        string.Create(CultureInfo.InvariantCulture, $"at {deletion.At} by '{NameRules.Shown(deletion.By)}' ({NameRules.Shown(deletion.Reason)})");

    private static void RequireReason(string reason)
    {
        NameRules.Text("The reason", reason, RegistryLimits.ReasonLength);
        if (string.IsNullOrWhiteSpace(reason))
            throw new InvalidInputException("The reason is empty. Say why; it goes into the audit trail.");
    }
}
