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
