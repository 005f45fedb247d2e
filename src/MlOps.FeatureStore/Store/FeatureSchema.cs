namespace MlOps.Features;

/// <summary>The feature store's tables.</summary>
internal static class FeatureSchema
{
    public static MetadataSchema Instance { get; } = new("features",
    [
        """
        CREATE TABLE features_views (
            name TEXT NOT NULL,
            version BIGINT NOT NULL,
            hash TEXT NOT NULL,
            definition TEXT NOT NULL,
            description TEXT,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (name, version));
        CREATE TABLE features_services (
            name TEXT NOT NULL,
            hash TEXT NOT NULL,
            definition TEXT NOT NULL,
            description TEXT,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (name, hash));
        CREATE TABLE features_segments (
            id {identity},
            view_id TEXT NOT NULL,
            file TEXT NOT NULL UNIQUE,
            state BIGINT NOT NULL,
            commit_number BIGINT NOT NULL,
            row_count BIGINT NOT NULL,
            first_event BIGINT NOT NULL,
            last_event BIGINT NOT NULL,
            byte_count BIGINT NOT NULL,
            created_at BIGINT NOT NULL);
        CREATE INDEX features_segments_by_view ON features_segments (view_id, state, commit_number);
        CREATE TABLE features_batches (
            view_id TEXT NOT NULL,
            batch_key TEXT NOT NULL,
            commit_number BIGINT NOT NULL,
            row_count BIGINT NOT NULL,
            committed_at BIGINT NOT NULL,
            PRIMARY KEY (view_id, batch_key));
        CREATE UNIQUE INDEX features_batches_by_commit ON features_batches (view_id, commit_number);
        """,
        """
        CREATE TABLE features_quarantine (
            id TEXT PRIMARY KEY,
            view_name TEXT NOT NULL,
            view_version BIGINT NOT NULL,
            batch_key TEXT NOT NULL,
            push_offset BIGINT NOT NULL,
            digest TEXT NOT NULL,
            state BIGINT NOT NULL,
            row_count BIGINT NOT NULL,
            byte_count BIGINT NOT NULL,
            failures TEXT NOT NULL,
            report TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            closed_at BIGINT,
            closed_by TEXT,
            reason TEXT);
        CREATE INDEX features_quarantine_by_state ON features_quarantine (state, created_at);
        CREATE INDEX features_quarantine_by_batch ON features_quarantine (view_name, batch_key, push_offset);
        """,
        """
        ALTER TABLE features_views ADD COLUMN notes TEXT;
        ALTER TABLE features_services ADD COLUMN notes TEXT;
        ALTER TABLE features_services ADD COLUMN applied_at BIGINT NOT NULL DEFAULT 0;
        CREATE TABLE features_history (
            id {identity},
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            action TEXT NOT NULL,
            changes TEXT NOT NULL,
            actor TEXT NOT NULL,
            changed_at BIGINT NOT NULL);
        CREATE INDEX features_history_by_name ON features_history (kind, name, id);
        CREATE TABLE features_materializations (
            view_id TEXT NOT NULL PRIMARY KEY,
            done_at BIGINT NOT NULL);
        CREATE TABLE features_statistics (
            view_id TEXT NOT NULL,
            feature TEXT NOT NULL,
            computed_at BIGINT NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (view_id, feature, computed_at));
        """,
        """
        ALTER TABLE features_batches ADD COLUMN content_digest TEXT;
        CREATE TABLE features_sources (
            view_id TEXT NOT NULL,
            source TEXT NOT NULL,
            origin TEXT NOT NULL,
            position TEXT,
            updated_at BIGINT NOT NULL,
            PRIMARY KEY (view_id, source));
        CREATE TABLE features_source_files (
            view_id TEXT NOT NULL,
            source TEXT NOT NULL,
            file TEXT NOT NULL,
            byte_count BIGINT NOT NULL,
            written_at BIGINT NOT NULL,
            digest TEXT NOT NULL,
            row_count BIGINT NOT NULL,
            ingested_at BIGINT NOT NULL,
            PRIMARY KEY (view_id, source, file));
        CREATE TABLE features_streams (
            view_id TEXT NOT NULL,
            job TEXT NOT NULL,
            part TEXT NOT NULL,
            landed_offset BIGINT NOT NULL,
            newest_event BIGINT NOT NULL,
            late_rows BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            PRIMARY KEY (view_id, job, part));
        """,
        """
        CREATE TABLE features_erasures (
            view_id TEXT NOT NULL,
            key_hash TEXT NOT NULL,
            commit_number BIGINT NOT NULL,
            erased_at BIGINT NOT NULL,
            PRIMARY KEY (view_id, key_hash));
        CREATE TABLE features_floors (
            view_id TEXT NOT NULL PRIMARY KEY,
            floor_at BIGINT NOT NULL);
        """,
        """
        CREATE TABLE features_frames (
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            byte_count BIGINT NOT NULL,
            row_count BIGINT NOT NULL,
            column_count BIGINT NOT NULL,
            service TEXT NOT NULL,
            service_id TEXT NOT NULL,
            spine_digest TEXT,
            options TEXT NOT NULL,
            commits TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (name, digest));
        CREATE INDEX features_frames_by_digest ON features_frames (digest);
        CREATE INDEX features_frames_by_service ON features_frames (service_id, created_at);
        """,
    ]);
}
