namespace MlOps.Registry;

internal sealed partial class SqlModelRegistry
{
    // A collection deletes a condemned blob right after it condemned it; a mark this old was left by a collection that died.
    private static readonly TimeSpan CondemnedFor = TimeSpan.FromMinutes(15);

    public async ValueTask<ModelVersion> RegisterAsync(ModelVersionDraft draft, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(draft);
        DraftValidator.Check(draft);
        if (draft.Key is not null && await FindByKeyAsync(draft.Model, draft.Key, cancellationToken).ConfigureAwait(false) is { } existing)
            return existing;

        await RequireBlobsAsync(draft.Artifacts, cancellationToken).ConfigureAwait(false);
        await CheckOnnxAsync(draft, cancellationToken).ConfigureAwait(false);

        var config = new ModelConfig(draft.Model, draft.Signature, draft.Metrics, draft.Description).Write();
        var configRef = await _context.Artifacts.PutBytesAsync(config, ModelMediaTypes.Config, cancellationToken).ConfigureAwait(false);
        var manifest = ModelManifest.Write(configRef, draft.Artifacts);
        var manifestRef = await _context.Artifacts.PutBytesAsync(manifest, ModelMediaTypes.Manifest, cancellationToken).ConfigureAwait(false);

        var caller = _context.Caller.Name;
        var blobs = draft.Artifacts.Select(artifact => artifact.Content.Digest).Append(configRef.Digest).Append(manifestRef.Digest)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var (number, isNew) = await _area.WriteAsync(async (session, ct) =>
        {
            if (draft.Key is not null && await FindNumberAsync(session, draft.Model, draft.Key).ConfigureAwait(false) is { } taken)
                return ((int)taken, false);
            await RequireUncondemnedAsync(session, blobs, ct).ConfigureAwait(false);
            var version = await InsertAsync(session, draft, manifestRef.Digest, manifest, config, blobs, caller).ConfigureAwait(false);
            await AnnounceAsync(session, draft, version, manifestRef.Digest).ConfigureAwait(false);
            return (version, true);
        }, cancellationToken).ConfigureAwait(false);

        if (isNew)
            LogRegistered(_logger, draft.Model, number, _context.Name, manifestRef.Digest);
        return await GetAsync(new ModelVersionRef(draft.Model, number), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<int> InsertAsync(
        IMetadataSession session, ModelVersionDraft draft, string manifestDigest, byte[] manifest, byte[] config, string[] blobs, string caller)
    {
        var now = Now;
        await session.ExecuteAsync(
            "INSERT INTO registry_models (name, last_version, created_at) VALUES (@model, 1, @now) " +
            "ON CONFLICT (name) DO UPDATE SET last_version = registry_models.last_version + 1",
            ("model", draft.Model), ("now", now)).ConfigureAwait(false);
        var version = await session.ScalarAsync("SELECT last_version FROM registry_models WHERE name = @model", ("model", draft.Model)).ConfigureAwait(false)
            ?? throw new StorageException($"Model '{draft.Model}' vanished within its own transaction.");
        await session.ExecuteAsync(
            "INSERT INTO registry_versions (model, version, idempotency_key, manifest_digest, manifest, config, run_id, " +
            "source_environment, source_version, source_manifest, source_strategy, created_at, created_by) " +
            "VALUES (@model, @version, @key, @digest, @manifest, @config, @run, @fromEnvironment, @fromVersion, @fromManifest, @strategy, @now, @caller)",
            ("model", draft.Model), ("version", version), ("key", draft.Key), ("digest", manifestDigest), ("manifest", manifest),
            ("config", config), ("run", draft.RunId), ("fromEnvironment", draft.Provenance?.Environment), ("fromVersion", draft.Provenance?.Version),
            ("fromManifest", draft.Provenance?.ManifestDigest), ("strategy", draft.Provenance?.Strategy), ("now", now), ("caller", caller)).ConfigureAwait(false);
        foreach (var digest in blobs)
        {
            await session.ExecuteAsync(
                "INSERT INTO registry_blobs (digest, model, version) VALUES (@digest, @model, @version)",
                ("digest", digest), ("model", draft.Model), ("version", version)).ConfigureAwait(false);
        }

        foreach (var (name, value) in draft.Metrics)
        {
            // SQLite has no NaN; NULL stands for it.
            await session.ExecuteAsync(
                "INSERT INTO registry_metrics (model, version, name, value) VALUES (@model, @version, @name, @value)",
                ("model", draft.Model), ("version", version), ("name", name), ("value", double.IsNaN(value) ? null : value)).ConfigureAwait(false);
        }

        foreach (var (name, value) in draft.Tags)
            await SetTagAsync(session, new ModelVersionRef(draft.Model, (int)version), name, value).ConfigureAwait(false);
        return (int)version;
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
        await _context.Audit.AppendAsync(session, new AuditEntry("registry.version.register", reference.ToString(), After: data)).ConfigureAwait(false);
        await _context.Events.AppendAsync(session, RegistryEvents.VersionRegistered, draft.Model, data).ConfigureAwait(false);
    }

    private async ValueTask RequireBlobsAsync(IReadOnlyList<ModelArtifact> artifacts, CancellationToken cancellationToken)
    {
        foreach (var artifact in artifacts.DistinctBy(artifact => artifact.Content.Digest, StringComparer.Ordinal))
        {
            if (!await _context.Artifacts.ExistsAsync(artifact.Content.ParsedDigest, cancellationToken).ConfigureAwait(false))
            {
                throw new NotFoundException(
                    $"Artifact {artifact.Kind}/{artifact.Name} points at {artifact.Content.Digest}, which is not in the artifact store of environment '{_context.Name}'. Store its bytes first.");
            }
        }

        foreach (var artifact in artifacts)
            await RequireSizeAsync(artifact, cancellationToken).ConfigureAwait(false);
    }

    // Reading a blob to its end verifies its digest, so that a version never begins with damaged bytes.
    private async ValueTask RequireSizeAsync(ModelArtifact artifact, CancellationToken cancellationToken)
    {
        var length = await _context.Artifacts.VerifyAsync(artifact.Content.ParsedDigest, cancellationToken).ConfigureAwait(false);
        if (length != artifact.Content.Size)
        {
            throw new InvalidDefinitionException(
                $"Artifact {artifact.Kind}/{artifact.Name} claims {artifact.Content.Size} bytes, but its blob has {length}. Pass the reference that the artifact store returned.");
        }
    }

    private async ValueTask CheckOnnxAsync(ModelVersionDraft draft, CancellationToken cancellationToken)
    {
        var predict = draft.Artifacts.FirstOrDefault(artifact =>
            artifact is { Kind: ModelArtifactKind.Functions, Name: ModelArtifactNames.Predict, Content.MediaType: ModelArtifactNames.OnnxMediaType });
        if (predict is null)
            return;
        var stream = await _context.Artifacts.OpenReadAsync(predict.Content.ParsedDigest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var graph = OnnxModelReader.Read(stream);
            SignatureCheck.RequireEqual(draft.Signature, graph.Signature);
        }
    }

    private async ValueTask RequireUncondemnedAsync(IMetadataSession session, string[] blobs, CancellationToken cancellationToken)
    {
        foreach (var digest in blobs)
        {
            var condemned = await session.ScalarAsync(
                "SELECT 1 FROM registry_condemned WHERE digest = @digest AND condemned_at > @since",
                ("digest", digest), ("since", Now - CondemnedFor)).ConfigureAwait(false);
            if (condemned is not null || !await _context.Artifacts.ExistsAsync(ArtifactDigest.Parse(digest), cancellationToken).ConfigureAwait(false))
                throw new NotFoundException($"The blob {digest} was collected as unreferenced before the version was registered. Store its bytes again, then register again.");
        }
    }

    private async ValueTask<ModelVersion?> FindByKeyAsync(string model, string key, CancellationToken cancellationToken)
    {
        var number = await _area.ReadAsync((session, _) => FindNumberAsync(session, model, key), cancellationToken).ConfigureAwait(false);
        return number is null ? null : await GetAsync(new ModelVersionRef(model, (int)number), cancellationToken).ConfigureAwait(false);
    }

    private static ValueTask<long?> FindNumberAsync(IMetadataSession session, string model, string key) =>
        session.ScalarAsync("SELECT version FROM registry_versions WHERE model = @model AND idempotency_key = @key", ("model", model), ("key", key));
}
