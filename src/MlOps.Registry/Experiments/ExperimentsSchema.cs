namespace MlOps.Registry;

/// <summary>The tables of the experiments. Entries are never edited after a release; new ones are appended.</summary>
internal static class ExperimentsSchema
{
    public static MetadataSchema Current { get; } = new("experiments",
    [
        """
        CREATE TABLE experiments_runs (
            id TEXT NOT NULL PRIMARY KEY,
            experiment TEXT NOT NULL,
            run_key TEXT,
            name TEXT NOT NULL,
            status TEXT NOT NULL,
            owner TEXT NOT NULL,
            parent_id TEXT,
            error TEXT,
            started_at BIGINT NOT NULL,
            ended_at BIGINT,
            heartbeat_at BIGINT NOT NULL,
            created_by TEXT NOT NULL
        );
        CREATE UNIQUE INDEX experiments_runs_key ON experiments_runs (experiment, run_key) WHERE run_key IS NOT NULL;
        CREATE INDEX experiments_runs_newest ON experiments_runs (experiment, started_at, id);
        CREATE INDEX experiments_runs_live ON experiments_runs (heartbeat_at) WHERE status = 'Running';
        CREATE INDEX experiments_runs_parent ON experiments_runs (parent_id) WHERE parent_id IS NOT NULL;
        CREATE TABLE experiments_parameters (
            run_id TEXT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (run_id, name)
        );
        CREATE TABLE experiments_tags (
            run_id TEXT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (run_id, name)
        );
        CREATE TABLE experiments_inputs (
            run_id TEXT NOT NULL,
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            digest TEXT NOT NULL,
            PRIMARY KEY (run_id, name, role)
        );
        CREATE TABLE experiments_artifacts (
            run_id TEXT NOT NULL,
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            size BIGINT NOT NULL,
            media_type TEXT NOT NULL,
            owner TEXT NOT NULL,
            PRIMARY KEY (run_id, name)
        );
        CREATE INDEX experiments_artifacts_digest ON experiments_artifacts (digest);
        CREATE TABLE experiments_series (
            run_id TEXT NOT NULL,
            name TEXT NOT NULL,
            points BIGINT NOT NULL,
            last_step BIGINT NOT NULL,
            last_at BIGINT NOT NULL,
            last_value {double},
            PRIMARY KEY (run_id, name)
        );
        CREATE TABLE experiments_points (
            run_id TEXT NOT NULL,
            name TEXT NOT NULL,
            first BIGINT NOT NULL,
            points {blob} NOT NULL,
            PRIMARY KEY (run_id, name, first)
        )
        """,
        """
        CREATE TABLE experiments_catalogue (
            name TEXT NOT NULL PRIMARY KEY,
            description TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            created_by TEXT NOT NULL,
            deleted_at BIGINT,
            deletion TEXT
        );
        INSERT INTO experiments_catalogue (name, description, created_at, created_by)
            SELECT experiment, '', MIN(started_at), MIN(created_by) FROM experiments_runs GROUP BY experiment;
        CREATE TABLE experiments_catalogue_tags (
            experiment TEXT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (experiment, name)
        );
        ALTER TABLE experiments_runs ADD COLUMN attempt BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE experiments_runs ADD COLUMN deleted_at BIGINT;
        ALTER TABLE experiments_runs ADD COLUMN deletion TEXT;
        CREATE INDEX experiments_runs_deleted ON experiments_runs (deleted_at) WHERE deleted_at IS NOT NULL;
        ALTER TABLE experiments_inputs ADD COLUMN source TEXT;
        ALTER TABLE experiments_inputs ADD COLUMN schema_json TEXT;
        ALTER TABLE experiments_inputs ADD COLUMN row_count BIGINT;
        ALTER TABLE experiments_points ADD COLUMN attempt BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE experiments_points ADD COLUMN min_step BIGINT;
        ALTER TABLE experiments_points ADD COLUMN max_step BIGINT;
        CREATE TABLE experiments_notes (
            id {identity},
            run_id TEXT NOT NULL,
            text TEXT NOT NULL,
            written_at BIGINT NOT NULL,
            written_by TEXT NOT NULL
        );
        CREATE INDEX experiments_notes_run ON experiments_notes (run_id, id)
        """,
        """
        CREATE INDEX experiments_runs_time ON experiments_runs (started_at DESC, id, deleted_at);
        CREATE INDEX experiments_runs_order ON experiments_runs (experiment, started_at DESC, id, deleted_at);
        CREATE INDEX experiments_series_probe ON experiments_series (name, run_id, last_value);
        CREATE INDEX experiments_series_value ON experiments_series (name, last_value, run_id);
        CREATE INDEX experiments_parameters_probe ON experiments_parameters (name, run_id{covered:value});
        CREATE INDEX experiments_tags_probe ON experiments_tags (name, run_id{covered:value})
        """,
        """
        CREATE INDEX experiments_inputs_digest ON experiments_inputs (digest)
        """,
    ]);
}
