using System.Data.Common;

namespace MlOps.Registry;

internal sealed partial class SqlModelRegistry
{
    private const string VersionColumns =
        "version, manifest_digest, manifest, config, run_id, source_environment, source_version, source_manifest, source_strategy, created_at, created_by, deleted_at, deleted_by, deleted_reason";

    public ValueTask<ModelVersion> GetAsync(ModelVersionRef version, CancellationToken cancellationToken = default) =>
        GetAsync(version, includeDeleted: false, cancellationToken);

    public async ValueTask<ModelVersion> GetAsync(ModelVersionRef version, bool includeDeleted, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(version.Model));
        NameRules.Model(version.Model);
        return await LoadAsync(version, includeDeleted, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ModelManifestBytes> GetManifestAsync(ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(version.Model));
        NameRules.Model(version.Model);
        return await _area.ReadAsync(
            async (session, _) => await session.FirstOrDefaultAsync(
                "SELECT manifest, config FROM registry_versions WHERE model = @model AND version = @version AND deleted_at IS NULL",
                reader => new ModelManifestBytes(reader.GetFieldValue<byte[]>(0), reader.GetFieldValue<byte[]>(1)),
                ("model", version.Model), ("version", (long)version.Version)).ConfigureAwait(false) ?? throw await MissingAsync(session, version).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ModelVersion?> FindAsync(string model, string alias, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(model));
        NameRules.Model(model);
        NameRules.Alias(alias);
        return await _area.ReadAsync(async (session, _) =>
        {
            var number = await FindAliasAsync(session, model, alias).ConfigureAwait(false);
            return number is null ? null : await FindAsync(session, new ModelVersionRef(model, number.Value)).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<ModelVersion>> ListAsync(string model, int? before = null, int limit = 100, CancellationToken cancellationToken = default) =>
        ListAsync(model, includeDeleted: false, before, limit, cancellationToken);

    public async ValueTask<IReadOnlyList<ModelVersion>> ListAsync(
        string model, bool includeDeleted, int? before = null, int limit = 100, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject(model));
        NameRules.Model(model);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return await _area.ReadAsync(async (session, _) =>
        {
            var rows = await session.QueryAsync(
                $"SELECT {VersionColumns} FROM registry_versions WHERE model = @model AND version < @before{(includeDeleted ? "" : " AND deleted_at IS NULL")} ORDER BY version DESC LIMIT @limit",
                reader => Read(model, reader),
                ("model", model), ("before", (long)(before ?? int.MaxValue)), ("limit", (long)limit)).ConfigureAwait(false);
            if (rows.Count == 0)
                return rows;
            var tags = await session.QueryAsync(
                "SELECT version, name, value FROM registry_tags WHERE model = @model AND version BETWEEN @first AND @last ORDER BY name",
                reader => (Version: (int)reader.GetInt64(0), Name: reader.GetString(1), Value: reader.GetString(2)),
                ("model", model), ("first", (long)rows[^1].Version), ("last", (long)rows[0].Version)).ConfigureAwait(false);
            var byVersion = tags.ToLookup(tag => tag.Version);
            return rows.ConvertAll(row => row with { Tags = byVersion[row.Version].ToDictionary(tag => tag.Name, tag => tag.Value, StringComparer.Ordinal) });
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "the models");
        return await _area.ReadAsync(
            async (session, _) => await session.QueryAsync("SELECT name FROM registry_models WHERE deleted_at IS NULL ORDER BY name", reader => reader.GetString(0)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<ModelVersion> LoadAsync(ModelVersionRef version, bool includeDeleted, CancellationToken cancellationToken) =>
        await _area.ReadAsync(
            async (session, _) => await FindAsync(session, version, includeDeleted).ConfigureAwait(false) ?? throw await MissingAsync(session, version).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    private static async ValueTask<ModelVersion?> FindAsync(IMetadataSession session, ModelVersionRef version, bool includeDeleted = false)
    {
        var row = await session.FirstOrDefaultAsync(
            $"SELECT {VersionColumns} FROM registry_versions WHERE model = @model AND version = @version{(includeDeleted ? "" : " AND deleted_at IS NULL")}",
            reader => Read(version.Model, reader),
            ("model", version.Model), ("version", (long)version.Version)).ConfigureAwait(false);
        return row is null ? null : row with { Tags = await ReadTagsAsync(session, version).ConfigureAwait(false) };
    }

    private static async ValueTask<Dictionary<string, string>> ReadTagsAsync(IMetadataSession session, ModelVersionRef version)
    {
        var tags = await session.QueryAsync(
            "SELECT name, value FROM registry_tags WHERE model = @model AND version = @version ORDER BY name",
            reader => (Name: reader.GetString(0), Value: reader.GetString(1)),
            ("model", version.Model), ("version", (long)version.Version)).ConfigureAwait(false);
        return tags.ToDictionary(tag => tag.Name, tag => tag.Value, StringComparer.Ordinal);
    }

    private static ModelVersion Read(string model, DbDataReader reader)
    {
        var number = (int)reader.GetInt64(0);
        var digest = reader.GetString(1);
        var manifestBytes = reader.GetFieldValue<byte[]>(2);
        var configBytes = reader.GetFieldValue<byte[]>(3);
        if (ArtifactDigest.Of(manifestBytes).ToString() != digest)
            throw new CorruptDataException($"The manifest of {model}:{number} does not match its digest {digest}. Restore the metadata store from a backup.");
        var manifest = ModelManifest.Read(manifestBytes);
        if (ArtifactDigest.Of(configBytes).ToString() != manifest.Config.Digest)
            throw new CorruptDataException($"The config of {model}:{number} does not match its digest {manifest.Config.Digest}. Restore the metadata store from a backup.");
        var config = ModelConfig.Read(configBytes);
        return new ModelVersion
        {
            Model = model,
            Version = number,
            Manifest = new ArtifactRef(digest, manifestBytes.Length, ModelMediaTypes.Manifest),
            Artifacts = manifest.Artifacts,
            Signature = config.Signature,
            Metrics = config.Metrics,
            Description = config.Description,
            Tags = new Dictionary<string, string>(),
            RunId = reader.GetStringOrNull(4),
            Provenance = reader.GetStringOrNull(5) is { } environment
                ? new ModelProvenance(environment, reader.GetString(6), reader.GetString(7), reader.GetString(8))
                : null,
            CreatedAt = reader.GetTimestamp(9),
            CreatedBy = reader.GetString(10),
            Deleted = ReadDeletion(reader, 11),
        };
    }

    private static Deletion? ReadDeletion(DbDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? null : new Deletion(reader.GetTimestamp(ordinal), reader.GetString(ordinal + 1), reader.GetString(ordinal + 2));
}
