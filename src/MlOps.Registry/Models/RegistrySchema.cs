namespace MlOps.Registry;

/// <summary>The registry's tables. Entries are never edited after a release; new ones are appended.</summary>
internal static class RegistrySchema
{
    public static MetadataSchema Current { get; } = new("registry",
    [
        """
        CREATE TABLE registry_models (
            name TEXT NOT NULL PRIMARY KEY,
            last_version BIGINT NOT NULL,
            created_at BIGINT NOT NULL
        );
        CREATE TABLE registry_versions (
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            idempotency_key TEXT,
            manifest_digest TEXT NOT NULL,
            manifest {blob} NOT NULL,
            config {blob} NOT NULL,
            run_id TEXT,
            source_environment TEXT,
            source_version TEXT,
            source_manifest TEXT,
            source_strategy TEXT,
            created_at BIGINT NOT NULL,
            created_by TEXT NOT NULL,
            PRIMARY KEY (model, version)
        );
        CREATE UNIQUE INDEX registry_versions_key ON registry_versions (model, idempotency_key) WHERE idempotency_key IS NOT NULL;
        CREATE INDEX registry_versions_run ON registry_versions (run_id) WHERE run_id IS NOT NULL;
        CREATE TABLE registry_blobs (
            digest TEXT NOT NULL,
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            PRIMARY KEY (digest, model, version)
        );
        CREATE TABLE registry_metrics (
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            name TEXT NOT NULL,
            value {double},
            PRIMARY KEY (model, version, name)
        );
        CREATE TABLE registry_tags (
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (model, version, name)
        );
        CREATE TABLE registry_aliases (
            model TEXT NOT NULL,
            alias TEXT NOT NULL,
            version BIGINT NOT NULL,
            PRIMARY KEY (model, alias)
        );
        CREATE TABLE registry_alias_moves (
            id {identity},
            model TEXT NOT NULL,
            alias TEXT NOT NULL,
            from_version BIGINT,
            to_version BIGINT,
            moved_at BIGINT NOT NULL,
            moved_by TEXT NOT NULL,
            reason TEXT NOT NULL
        );
        CREATE INDEX registry_alias_moves_time ON registry_alias_moves (model, alias, moved_at, id);
        CREATE TABLE registry_condemned (
            digest TEXT NOT NULL PRIMARY KEY,
            condemned_at BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE registry_signatures (
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            digest TEXT NOT NULL,
            predicate_type TEXT NOT NULL,
            signer TEXT NOT NULL,
            signed_at BIGINT NOT NULL,
            added_by TEXT NOT NULL,
            bundle {blob} NOT NULL,
            PRIMARY KEY (model, version, digest)
        )
        """,
        """
        CREATE INDEX registry_versions_time ON registry_versions (created_at DESC, model, version DESC);
        CREATE INDEX registry_metrics_probe ON registry_metrics (name, model, version, value);
        CREATE INDEX registry_metrics_value ON registry_metrics (name, value, model, version);
        CREATE INDEX registry_tags_probe ON registry_tags (name, model, version{covered:value});
        CREATE INDEX registry_aliases_version ON registry_aliases (alias, model, version)
        """,
        """
        ALTER TABLE registry_models ADD COLUMN description TEXT NOT NULL DEFAULT '';
        ALTER TABLE registry_models ADD COLUMN owner TEXT NOT NULL DEFAULT '';
        ALTER TABLE registry_models ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
        ALTER TABLE registry_models ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE registry_models ADD COLUMN deletions BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE registry_models ADD COLUMN deleted_at BIGINT;
        ALTER TABLE registry_models ADD COLUMN deleted_by TEXT;
        ALTER TABLE registry_models ADD COLUMN deleted_reason TEXT;
        UPDATE registry_models SET updated_at = created_at;
        CREATE TABLE registry_model_tags (
            model TEXT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (model, name)
        );
        ALTER TABLE registry_versions ADD COLUMN deleted_at BIGINT;
        ALTER TABLE registry_versions ADD COLUMN deleted_by TEXT;
        ALTER TABLE registry_versions ADD COLUMN deleted_reason TEXT;
        ALTER TABLE registry_versions ADD COLUMN deleted_with BIGINT;
        ALTER TABLE registry_versions ADD COLUMN sources_known BIGINT NOT NULL DEFAULT 0;
        DROP INDEX registry_versions_time;
        CREATE INDEX registry_versions_time ON registry_versions (created_at DESC, model, version DESC, deleted_at);
        CREATE INDEX registry_versions_deleted ON registry_versions (deleted_at) WHERE deleted_at IS NOT NULL;
        CREATE INDEX registry_versions_origin ON registry_versions (source_environment, source_version) WHERE source_environment IS NOT NULL;
        CREATE INDEX registry_versions_unread ON registry_versions (model, version) WHERE sources_known = 0;
        CREATE TABLE registry_lifecycle (
            id {identity},
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            action TEXT NOT NULL,
            done_at BIGINT NOT NULL,
            done_by TEXT NOT NULL,
            reason TEXT NOT NULL
        );
        CREATE INDEX registry_lifecycle_version ON registry_lifecycle (model, version);
        CREATE TABLE registry_sources (
            model TEXT NOT NULL,
            version BIGINT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            id TEXT NOT NULL,
            origin TEXT NOT NULL,
            PRIMARY KEY (model, version, kind, role, name)
        );
        CREATE INDEX registry_sources_id ON registry_sources (kind, id);
        CREATE INDEX registry_sources_origin ON registry_sources (origin) WHERE origin <> ''
        """,
    ]);
}
