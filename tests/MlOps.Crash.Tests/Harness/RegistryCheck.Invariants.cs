using MlOps.Registry;

namespace MlOps.Crash.Tests;

internal sealed partial class RegistryCheck
{
    private async Task CheckInvariantsAsync()
    {
        var versions = await RowsAsync("SELECT model, version FROM registry_versions ORDER BY model, version", row => new ModelVersionRef(row.GetString(0), (int)row.GetInt64(1)));
        CheckDense(versions);
        foreach (var version in versions)
            await CheckWholeAsync(version);
        foreach (var reference in await ReferencesAsync())
            await CheckBlobAsync(reference);
        var moves = await CheckAliasesAsync(versions);
        await CheckTrailsAsync(versions.Count, moves);
        if (await RowsAsync("PRAGMA integrity_check", row => row.GetString(0)) is not ["ok"])
            _broken.Add("the database's integrity check fails");
    }

    private void CheckDense(List<ModelVersionRef> versions)
    {
        foreach (var model in versions.GroupBy(version => version.Model))
        {
            if (!model.Select(version => version.Version).SequenceEqual(Enumerable.Range(1, model.Count())))
                _broken.Add($"the numbers of {model.Key} are not dense: {string.Join(',', model.Select(version => version.Version))}");
        }
    }

    /// <summary>A version that is visible has its manifest (in its row; reading it compares the digest) and every blob, with the bytes that its digest promises.</summary>
    private async Task CheckWholeAsync(ModelVersionRef reference)
    {
        if (await FindAsync(reference) is not { } version)
        {
            _broken.Add($"{reference} has a row, but cannot be read");
            return;
        }

        foreach (var content in version.Artifacts.Select(artifact => artifact.Content))
            await CheckBlobAsync((reference.ToString(), content.Digest, content.Size));
    }

    private async Task CheckBlobAsync((string Owner, string Digest, long? Size) reference)
    {
        var (owner, digest, size) = reference;
        var artifacts = _host.Context.Artifacts;
        try
        {
            if (_verified.Contains(digest) && await artifacts.ExistsAsync(ArtifactDigest.Parse(digest)))
                return;
            await using var stream = await artifacts.OpenReadAsync(ArtifactDigest.Parse(digest));
            var length = 0L;
            var buffer = new byte[1 << 16];
            int read;
            using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                length += read;
                hash.AppendData(buffer, 0, read);
            }

            // Not left to the store alone: it might have forgotten to look.
            if (ArtifactDigest.FromHash(hash.GetHashAndReset()).ToString() != digest)
                _broken.Add($"{owner}: {digest} was read as other bytes");
            if (size is { } expected && length != expected)
                _broken.Add($"{owner}: {digest} has {length} bytes instead of {expected}");
            _verified.Add(digest);
        }
        catch (MlOpsException broken)
        {
            _broken.Add($"{owner}: {broken.Message}");
        }
    }

    private async Task<List<(string Owner, string Digest, long? Size)>> ReferencesAsync()
    {
        var references = await RowsAsync(
            "SELECT model || ':' || version, digest FROM registry_blobs", row => (row.GetString(0), row.GetString(1), (long?)null));
        references.AddRange(await RowsAsync(
            "SELECT run_id, digest, size FROM experiments_artifacts", row => ("run " + row.GetString(0), row.GetString(1), (long?)row.GetInt64(2))));
        references.AddRange((await _host.UploadsAsync()).Select(upload => ("upload", upload.Content.Digest, (long?)upload.Content.Size)));
        return references;
    }

    /// <summary>Each move begins where the one before ended, and the last one tells where the alias stands.</summary>
    private async Task<int> CheckAliasesAsync(List<ModelVersionRef> versions)
    {
        var count = 0;
        foreach (var model in await _host.Models.ListModelsAsync())
        {
            var current = await _host.Models.GetAliasesAsync(model);
            var stand = new Dictionary<string, int?>(StringComparer.Ordinal);
            foreach (var move in await _host.Models.GetAliasHistoryAsync(model))
            {
                count++;
                if (stand.GetValueOrDefault(move.Alias) != move.From)
                    _broken.Add($"{model}@{move.Alias} moved from {move.From}, but stood at {stand.GetValueOrDefault(move.Alias)}");
                stand[move.Alias] = move.To;
                if (move.To is { } target && !versions.Contains(new ModelVersionRef(model, target)))
                    _broken.Add($"{model}@{move.Alias} was moved to {target}, which is not there");
            }

            foreach (var alias in current.Keys.Union(stand.Keys))
            {
                if (stand.GetValueOrDefault(alias) != (current.TryGetValue(alias, out var version) ? version : null))
                    _broken.Add($"{model}@{alias} stands at {version}, its history says {stand.GetValueOrDefault(alias)}");
            }
        }

        return count;
    }

    /// <summary>No audit record, no act; no act without its record and its event.</summary>
    private async Task CheckTrailsAsync(int versions, int moves)
    {
        if (await _host.Context.Audit.VerifyAsync() is { } first)
            _broken.Add($"the audit log is broken at {first}");
        var audit = await AuditAsync();
        for (var i = 0; i < audit.Count; i++)
        {
            if (audit[i].Sequence == i + 1)
                continue;
            _broken.Add($"audit record {i + 1} has the number {audit[i].Sequence}");
            break;
        }

        var tags = audit.Where(record => record.Entry.Operation == "registry.tags.set").ToList();
        Compare("versions", versions, "registry.version.register", RegistryEvents.VersionRegistered);
        Compare("alias moves", moves, "registry.alias.", RegistryEvents.AliasMoved);
        Compare("tag changes", tags.Count, "registry.tags.set", RegistryEvents.TagsChanged);
        var acts = await CheckLifecyclesAsync();
        Compare("deletions", acts.Count(act => act == "deleted"), "registry.version.delete", RegistryEvents.VersionDeleted);
        Compare("restorations", acts.Count(act => act == "restored"), "registry.version.restore", RegistryEvents.VersionRestored);
        // Each change of a version's tags begins at what the one before left: none was overwritten unseen.
        foreach (var version in tags.GroupBy(record => record.Entry.Subject))
        {
            var changes = version.ToList();
            for (var i = 1; i < changes.Count; i++)
            {
                if (changes[i].Entry.Before != changes[i - 1].Entry.After)
                    _broken.Add($"the tags of {version.Key} were {changes[i - 1].Entry.After} and became {changes[i].Entry.Before} without a record");
            }
        }

        var events = await _host.Context.Events.ReadAsync(limit: int.MaxValue);
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].Sequence == i + 1)
                continue;
            _broken.Add($"event {i + 1} has the number {events[i].Sequence}");
            break;
        }

        void Compare(string what, int rows, string operation, string type)
        {
            var records = audit.Count(record => record.Entry.Operation.StartsWith(operation, StringComparison.Ordinal));
            if (records != rows)
                _broken.Add($"{rows} {what} and {records} audit records {operation}");
            _expectedEvents.Add((type, rows));
        }

        foreach (var (type, rows) in _expectedEvents)
        {
            var told = events.Count(appended => appended.Type == type);
            if (told != rows)
                _broken.Add($"{rows} changes and {told} events {type}");
        }
    }

    /// <summary>A version is deleted exactly when its last act says so, and no alias points at one that is.</summary>
    private async Task<List<string>> CheckLifecyclesAsync()
    {
        var acts = await RowsAsync("SELECT model, version, action FROM registry_lifecycle ORDER BY id", row => (Version: (row.GetString(0), row.GetInt64(1)), Action: row.GetString(2)));
        var last = new Dictionary<(string, long), string>();
        foreach (var (version, action) in acts)
        {
            if (last.GetValueOrDefault(version, "restored") == action)
                _broken.Add($"{version} was {action} twice");
            last[version] = action;
        }

        var deleted = await RowsAsync("SELECT model, version FROM registry_versions WHERE deleted_at IS NOT NULL", row => (row.GetString(0), row.GetInt64(1)));
        if (!deleted.ToHashSet().SetEquals(last.Where(act => act.Value == "deleted").Select(act => act.Key)))
            _broken.Add("deleted versions and the record of deletions differ");
        foreach (var alias in await RowsAsync(
            "SELECT a.model || '@' || a.alias FROM registry_aliases a JOIN registry_versions v ON v.model = a.model AND v.version = a.version WHERE v.deleted_at IS NOT NULL", row => row.GetString(0)))
        {
            _broken.Add($"{alias} points at a deleted version");
        }

        return acts.ConvertAll(act => act.Action);
    }

    private readonly List<(string Type, int Rows)> _expectedEvents = [];

    private async Task<List<T>> RowsAsync<T>(string sql, Func<System.Data.Common.DbDataReader, T> map) =>
        await _host.Context.Metadata.ReadAsync((session, _) => session.QueryAsync(sql, map));
}
