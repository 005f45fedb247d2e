using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace MlOps.Registry;

internal sealed partial class SqlModelRegistry
{
    // A collection deletes a condemned blob right after it condemned it; a mark this old was left by a collection that died.
    private static readonly TimeSpan CondemnedFor = TimeSpan.FromMinutes(15);
    private const int KnownGraphs = 1_000;
    private const int RowsPerStatement = 16;
    private const string RetrainStrategy = "RetrainInTarget";
    private readonly ConcurrentDictionary<string, ModelSignature> _graphs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<VersionSource>> _sources = new(StringComparer.Ordinal);

    public async ValueTask<ModelVersion> RegisterAsync(ModelVersionDraft draft, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.RegisterModels, Subject(draft?.Model));
        ArgumentNullException.ThrowIfNull(draft);
        draft = Snapshots.Of(draft);
        DraftValidator.Check(draft);
        RequireKinds(draft);
        if (draft.Key is not null && await FindByKeyAsync(draft.Model, draft.Key, cancellationToken).ConfigureAwait(false) is { } existing)
            return existing;

        await RequireBlobsAsync(draft.Artifacts, cancellationToken).ConfigureAwait(false);
        await CheckOnnxAsync(draft, cancellationToken).ConfigureAwait(false);
        var sources = await ReadSourcesAsync(draft, cancellationToken).ConfigureAwait(false);
        // Data that is stored here is kept for the version; of other data its digest is all that there is.
        foreach (var source in sources.Where(source => source.Kind == VersionSources.DataKind))
        {
            if (ArtifactDigest.TryParse(source.Id, out var data))
                await _context.Artifacts.RefreshAsync(data, cancellationToken).ConfigureAwait(false);
        }

        if (MustHaveRun(draft))
            await _experiments.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);

        // Manifest and config live in the version's row, durable with it; as blobs they would cost several flushes of their own.
        var config = new ModelConfig(draft.Model, draft.Signature, draft.Metrics, draft.Description).Write();
        var configRef = new ArtifactRef(ArtifactDigest.Of(config).ToString(), config.Length, ModelMediaTypes.Config);
        var manifest = ModelManifest.Write(configRef, draft.Artifacts);
        var manifestDigest = ArtifactDigest.Of(manifest).ToString();

        var caller = _context.Caller.Name;
        var blobs = draft.Artifacts.Select(artifact => artifact.Content.Digest).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var (registered, isNew) = await _area.WriteAsync(async (session, ct) =>
        {
            if (draft.Key is not null && await FindNumberAsync(session, draft.Model, draft.Key).ConfigureAwait(false) is { } taken)
                return (await FindAliveAsync(session, draft, (int)taken).ConfigureAwait(false), false);
            await RequireRunAsync(session, draft).ConfigureAwait(false);
            await RequireUncondemnedAsync(session, blobs, ct).ConfigureAwait(false);
            var now = Now;
            var version = await InsertAsync(session, draft, manifestDigest, manifest, config, blobs, sources, caller, now).ConfigureAwait(false);
            await AnnounceAsync(session, draft, version, manifestDigest).ConfigureAwait(false);
            return (Registered(draft, version, manifestDigest, manifest, config, now, caller), true);
        }, cancellationToken).ConfigureAwait(false);

        if (isNew)
            LogRegistered(_logger, draft.Model, registered!.Version, _context.Name, manifestDigest);
        return registered ?? throw new StorageException($"The version of model '{draft.Model}' under key '{draft.Key}' vanished within its own transaction.");
    }

    private static ModelVersion Registered(
        ModelVersionDraft draft, int version, string manifestDigest, byte[] manifest, byte[] config, Timestamp now, string caller)
    {
        var stored = ModelConfig.Read(config);
        return new ModelVersion
        {
            Model = draft.Model,
            Version = version,
            Manifest = new ArtifactRef(manifestDigest, manifest.Length, ModelMediaTypes.Manifest),
            Artifacts = ModelManifest.Read(manifest).Artifacts,
            Signature = stored.Signature,
            Metrics = stored.Metrics,
            Description = stored.Description,
            Tags = new Dictionary<string, string>(draft.Tags, StringComparer.Ordinal),
            RunId = draft.RunId,
            Provenance = draft.Provenance,
            CreatedAt = now,
            CreatedBy = caller,
        };
    }

    private async ValueTask<int> InsertAsync(
        IMetadataSession session, ModelVersionDraft draft, string manifestDigest, byte[] manifest, byte[] config, string[] blobs,
        IReadOnlyList<VersionSource> sources, string caller, Timestamp now)
    {
        var counted = await session.QueryAsync(
            "INSERT INTO registry_models (name, last_version, created_at, created_by, updated_at) VALUES (@model, 1, @now, @caller, @now) " +
            "ON CONFLICT (name) DO UPDATE SET last_version = registry_models.last_version + 1, updated_at = @now RETURNING last_version, deleted_at, deleted_by, deleted_reason",
            reader => (Version: reader.GetInt64(0), Deleted: ReadDeletion(reader, 1)),
            ("model", draft.Model), ("now", now), ("caller", caller)).ConfigureAwait(false);
        if (counted is not [var (version, former)])
            throw new StorageException($"Model '{draft.Model}' vanished within its own transaction.");
        if (former is not null)
            await RecreateAsync(session, draft.Model, former).ConfigureAwait(false);
        await session.ExecuteAsync(
            "INSERT INTO registry_versions (model, version, idempotency_key, manifest_digest, manifest, config, run_id, " +
            "source_environment, source_version, source_manifest, source_strategy, created_at, created_by, sources_known) " +
            "VALUES (@model, @version, @key, @digest, @manifest, @config, @run, @fromEnvironment, @fromVersion, @fromManifest, @strategy, @now, @caller, 1)",
            ("model", draft.Model), ("version", version), ("key", draft.Key), ("digest", manifestDigest), ("manifest", manifest),
            ("config", config), ("run", draft.RunId), ("fromEnvironment", draft.Provenance?.Environment), ("fromVersion", draft.Provenance?.Version),
            ("fromManifest", draft.Provenance?.ManifestDigest), ("strategy", draft.Provenance?.Strategy), ("now", now), ("caller", caller)).ConfigureAwait(false);
        await InsertRowsAsync(session, "registry_blobs (model, version, digest)", draft.Model, version, [.. blobs.Select(digest => new object?[] { digest })]).ConfigureAwait(false);
        await InsertRowsAsync(
            session, "registry_sources (model, version, kind, name, role, id, origin)", draft.Model, version,
            [.. sources.Select(source => new object?[] { source.Kind, source.Name, source.Role, source.Id, source.Origin })]).ConfigureAwait(false);
        // SQLite has no NaN; NULL stands for it.
        await InsertRowsAsync(
            session, "registry_metrics (model, version, name, value)", draft.Model, version,
            [.. draft.Metrics.Select(metric => new object?[] { metric.Key, double.IsNaN(metric.Value) ? null : metric.Value })]).ConfigureAwait(false);
        await InsertRowsAsync(
            session, "registry_tags (model, version, name, value)", draft.Model, version,
            [.. draft.Tags.Select(tag => new object?[] { tag.Key, tag.Value })]).ConfigureAwait(false);
        return (int)version;
    }

    // A statement of several rows costs little more than one of one row. Its text depends on the number of rows only.
    private static async ValueTask InsertRowsAsync(IMetadataSession session, string table, string model, long version, object?[][] rows)
    {
        foreach (var chunk in rows.Chunk(RowsPerStatement))
        {
            var values = new StringBuilder();
            var parameters = new List<(string, object?)> { ("model", model), ("version", version) };
            foreach (var row in chunk)
            {
                values.Append(values.Length == 0 ? "(@model, @version" : ", (@model, @version");
                foreach (var value in row)
                {
                    var name = string.Create(CultureInfo.InvariantCulture, $"p{parameters.Count}");
                    values.Append(", @").Append(name);
                    parameters.Add((name, value));
                }

                values.Append(')');
            }

            await session.ExecuteAsync($"INSERT INTO {table} VALUES {values}", [.. parameters]).ConfigureAwait(false);
        }
    }

    private async ValueTask AnnounceAsync(IMetadataSession session, ModelVersionDraft draft, int version, string manifestDigest)
    {
        var data = StoredJson.Text(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("model", draft.Model);
            writer.WriteNumber("version", version);
            writer.WriteString("manifest", manifestDigest);
            if (draft.RunId is not null)
                writer.WriteString("runId", draft.RunId);
            if (draft.Provenance is { } provenance)
            {
                writer.WriteStartObject("provenance");
                writer.WriteString("environment", provenance.Environment);
                writer.WriteString("version", provenance.Version);
                writer.WriteString("manifest", provenance.ManifestDigest);
                writer.WriteString("strategy", provenance.Strategy);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        });
        var reference = new ModelVersionRef(draft.Model, version);
        await _context.Audit.AppendAsync(session, new AuditEntry("registry.version.register", reference.ToString(), draft.Reason, After: data)).ConfigureAwait(false);
        await _context.Events.AppendAsync(session, RegistryEvents.VersionRegistered, draft.Model, data).ConfigureAwait(false);
    }

    // A version never begins with damaged bytes: each blob is verified, by reading it unless this process has just stored it.
    private async ValueTask RequireBlobsAsync(IReadOnlyList<ModelArtifact> artifacts, CancellationToken cancellationToken)
    {
        foreach (var artifact in artifacts)
        {
            long length;
            try
            {
                // Young from here on, a blob outlives every collection that begins before the version is committed.
                await _context.Artifacts.RefreshAsync(artifact.Content.ParsedDigest, cancellationToken).ConfigureAwait(false);
                length = await _context.Artifacts.VerifyAsync(artifact.Content.ParsedDigest, cancellationToken).ConfigureAwait(false);
            }
            catch (NotFoundException missing)
            {
                throw new NotFoundException(
                    $"Artifact {artifact.Kind}/{artifact.Name} points at {artifact.Content.Digest}, which is not in the artifact store of environment '{_context.Name}'. Store its bytes first.",
                    missing);
            }

            if (length != artifact.Content.Size)
            {
                throw new InvalidDefinitionException(
                    $"Artifact {artifact.Kind}/{artifact.Name} claims {artifact.Content.Size} bytes, but its blob has {length}. Pass the reference that the artifact store returned.");
            }
        }
    }

    private async ValueTask CheckOnnxAsync(ModelVersionDraft draft, CancellationToken cancellationToken)
    {
        foreach (var artifact in draft.Artifacts.Where(artifact => artifact.Content.MediaType == ModelArtifactNames.OnnxMediaType))
        {
            // The digest fixes the bytes, so that a graph that was read once has been read for good.
            if (!_graphs.TryGetValue(artifact.Content.Digest, out var signature))
            {
                signature = await ReadOnnxAsync(artifact, cancellationToken).ConfigureAwait(false);
                if (_graphs.Count >= KnownGraphs)
                    _graphs.Clear();
                _graphs[artifact.Content.Digest] = signature;
            }

            if (artifact is { Kind: ModelArtifactKind.Functions, Name: ModelArtifactNames.Predict })
                SignatureCheck.RequireEqual(draft.Signature, signature);
        }
    }

    private async ValueTask<ModelSignature> ReadOnnxAsync(ModelArtifact artifact, CancellationToken cancellationToken)
    {
        var stream = await _context.Artifacts.OpenReadAsync(artifact.Content.ParsedDigest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var model = OnnxModelReader.Read(stream);
            return !model.HasExternalData
                ? model.Signature
                : throw new InvalidInputException($"The ONNX model {artifact.Kind}/{artifact.Name} keeps weights in other files, which are not part of the version. Export it with the weights inside.");
        }
    }

    private async ValueTask RequireUncondemnedAsync(IMetadataSession session, string[] blobs, CancellationToken cancellationToken)
    {
        // A collection takes its marks away when it ends, so the blobs themselves are looked at as well.
        var since = Now - CondemnedFor;
        var collecting = await session.ScalarAsync("SELECT 1 FROM registry_condemned WHERE condemned_at > @since LIMIT 1", ("since", since)).ConfigureAwait(false) is not null;
        foreach (var digest in blobs)
        {
            var condemned = collecting && await session.ScalarAsync(
                "SELECT 1 FROM registry_condemned WHERE digest = @digest AND condemned_at > @since",
                ("digest", digest), ("since", since)).ConfigureAwait(false) is not null;
            // The mark stays until the collection ends: a blob that was stored again meanwhile, or made young before it was deleted, is safe.
            var there = condemned
                ? await _context.Artifacts.RefreshAsync(ArtifactDigest.Parse(digest), cancellationToken).ConfigureAwait(false)
                : await _context.Artifacts.ExistsAsync(ArtifactDigest.Parse(digest), cancellationToken).ConfigureAwait(false);
            if (!there)
                throw new NotFoundException($"The blob {digest} was collected as unreferenced before the version was registered. Store its bytes again, then register again.");
        }
    }

    private async ValueTask<ModelVersion?> FindByKeyAsync(string model, string key, CancellationToken cancellationToken)
    {
        var number = await _area.ReadAsync((session, _) => FindNumberAsync(session, model, key), cancellationToken).ConfigureAwait(false);
        if (number is null)
            return null;
        var version = await LoadAsync(new ModelVersionRef(model, (int)number), includeDeleted: true, cancellationToken).ConfigureAwait(false);
        return RequireAlive(version, key);
    }

    private static async ValueTask<ModelVersion?> FindAliveAsync(IMetadataSession session, ModelVersionDraft draft, int number)
    {
        var version = await FindAsync(session, new ModelVersionRef(draft.Model, number), includeDeleted: true).ConfigureAwait(false);
        return version is null ? null : RequireAlive(version, draft.Key!);
    }

    // A key registers once: giving a second number for it would hide from the caller that somebody deleted the first.
    private static ModelVersion RequireAlive(ModelVersion version, string key) => version.Deleted is not { } deletion ? version : throw new ConcurrencyConflictException(
        $"Key '{NameRules.Shown(key)}' registered version {version.Ref}, which was deleted {Described(deletion)}. Restore it, or register under another key.");

    // As with graphs: the digests fix the bytes.
    private async ValueTask<IReadOnlyList<VersionSource>> ReadSourcesAsync(ModelVersionDraft draft, CancellationToken cancellationToken)
    {
        var artifacts = draft.Artifacts.Where(VersionSources.Tells).ToArray();
        if (artifacts.Length == 0)
            return [];
        var key = string.Join(' ', artifacts.Select(artifact => $"{artifact.Kind} {artifact.Content.Digest}"));
        if (_sources.TryGetValue(key, out var known))
            return known;
        var sources = await VersionSources.ReadAsync(_context.Artifacts, artifacts, cancellationToken).ConfigureAwait(false);
        if (_sources.Count >= KnownGraphs)
            _sources.Clear();
        return _sources[key] = sources;
    }

    private void RequireKinds(ModelVersionDraft draft)
    {
        var missing = _policy.RequiredArtifactKinds.Except(draft.Artifacts.Select(artifact => artifact.Kind)).Order().ToArray();
        if (missing.Length > 0)
        {
            throw new InvalidDefinitionException(
                $"Environment '{_context.Name}' registers no version without the artifact kinds {string.Join(", ", _policy.RequiredArtifactKinds.Order())}; " +
                $"this version of model '{draft.Model}' lacks {CompletenessReport.HowToAdd(missing)}.");
        }
    }

    // A copy, or an import, names a run of the environment that it came from, if any.
    private static bool MustHaveRun(ModelVersionDraft draft) => draft.RunId is not null && draft.Provenance is null or { Strategy: RetrainStrategy };

    private async ValueTask RequireRunAsync(IMetadataSession session, ModelVersionDraft draft)
    {
        if (!MustHaveRun(draft) || await session.ScalarAsync("SELECT 1 FROM experiments_runs WHERE id = @run", ("run", draft.RunId)).ConfigureAwait(false) is not null)
            return;
        throw new InvalidDefinitionException(
            $"The version of model '{draft.Model}' says that run '{NameRules.Shown(draft.RunId)}' made it; environment '{_context.Name}' has no such run. " +
            "Pass the id of the run that Experiments.StartRunAsync returned here, or null; a version of another environment names it in its provenance.");
    }

    private async ValueTask RecreateAsync(IMetadataSession session, string model, Deletion former)
    {
        await session.ExecuteAsync(
            "UPDATE registry_models SET deleted_at = NULL, deleted_by = NULL, deleted_reason = NULL WHERE name = @model", ("model", model)).ConfigureAwait(false);
        await AnnounceAsync(
            session, "registry.model.recreate", RegistryEvents.ModelRestored, model, null, "a version was registered under the name of the deleted model",
            DeletionJson(former), null).ConfigureAwait(false);
    }

    private static ValueTask<long?> FindNumberAsync(IMetadataSession session, string model, string key) =>
        session.ScalarAsync("SELECT version FROM registry_versions WHERE model = @model AND idempotency_key = @key", ("model", model), ("key", key));
}
