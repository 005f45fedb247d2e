namespace MlOps.Orchestration;

internal static class OrchestrationSchema
{
    public static MetadataSchema Schema { get; } = new("orchestration",
    [
        """
        CREATE TABLE orchestration_definitions (
            hash TEXT NOT NULL PRIMARY KEY,
            definition TEXT NOT NULL);
        CREATE TABLE orchestration_runs (
            run_id TEXT NOT NULL PRIMARY KEY,
            pipeline TEXT NOT NULL,
            run_key TEXT NOT NULL,
            definition_hash TEXT NOT NULL,
            code_version TEXT NOT NULL,
            input TEXT NOT NULL,
            status TEXT NOT NULL,
            reason TEXT NOT NULL,
            started_by TEXT NOT NULL,
            use_cache BIGINT NOT NULL,
            provenance TEXT,
            created_at BIGINT NOT NULL,
            started_at BIGINT,
            ended_at BIGINT,
            error TEXT,
            tracking_run TEXT,
            cancel_reason TEXT,
            owner TEXT,
            lease_until BIGINT NOT NULL,
            fence BIGINT NOT NULL,
            UNIQUE (pipeline, run_key));
        CREATE INDEX orchestration_runs_open ON orchestration_runs (created_at) WHERE ended_at IS NULL;
        CREATE INDEX orchestration_runs_created ON orchestration_runs (created_at);
        CREATE INDEX orchestration_runs_tracking ON orchestration_runs (tracking_run);
        CREATE TABLE orchestration_steps (
            run_id TEXT NOT NULL,
            step TEXT NOT NULL,
            status TEXT NOT NULL,
            reason TEXT NOT NULL,
            failures BIGINT NOT NULL,
            interruptions BIGINT NOT NULL,
            started_at BIGINT,
            ended_at BIGINT,
            retry_at BIGINT,
            output TEXT,
            error TEXT,
            cached_from TEXT,
            PRIMARY KEY (run_id, step));
        CREATE TABLE orchestration_attempts (
            run_id TEXT NOT NULL,
            step TEXT NOT NULL,
            number BIGINT NOT NULL,
            fence BIGINT NOT NULL,
            host TEXT NOT NULL,
            started_at BIGINT NOT NULL,
            ended_at BIGINT,
            outcome TEXT,
            error TEXT,
            PRIMARY KEY (run_id, step, number));
        CREATE TABLE orchestration_cache (
            cache_key TEXT NOT NULL PRIMARY KEY,
            run_id TEXT NOT NULL,
            step TEXT NOT NULL,
            output TEXT NOT NULL,
            created_at BIGINT NOT NULL);
        CREATE TABLE orchestration_triggers (
            name TEXT NOT NULL PRIMARY KEY,
            cursor BIGINT NOT NULL,
            fired_event_time BIGINT);
        CREATE TABLE orchestration_promotions (
            promotion_id TEXT NOT NULL PRIMARY KEY,
            promotion_key TEXT UNIQUE,
            source TEXT NOT NULL,
            version TEXT NOT NULL,
            model TEXT NOT NULL,
            manifest TEXT NOT NULL,
            options TEXT NOT NULL,
            state TEXT NOT NULL,
            requested_by TEXT NOT NULL,
            requested_at BIGINT NOT NULL,
            ended_at BIGINT,
            evidence TEXT NOT NULL,
            evidence_champion BIGINT NOT NULL,
            result_version TEXT,
            retrain_run TEXT,
            former_alias BIGINT,
            former_traffic TEXT,
            traffic_known BIGINT NOT NULL,
            detail TEXT NOT NULL,
            mirrored BIGINT NOT NULL DEFAULT 0,
            owner TEXT,
            lease_until BIGINT NOT NULL,
            fence BIGINT NOT NULL);
        CREATE UNIQUE INDEX orchestration_promotions_open ON orchestration_promotions (source, version) WHERE ended_at IS NULL;
        CREATE INDEX orchestration_promotions_unmirrored ON orchestration_promotions (ended_at) WHERE mirrored = 0;
        CREATE TABLE orchestration_promotion_transitions (
            promotion_id TEXT NOT NULL,
            seq BIGINT NOT NULL,
            at BIGINT NOT NULL,
            state TEXT NOT NULL,
            actor TEXT NOT NULL,
            detail TEXT NOT NULL,
            PRIMARY KEY (promotion_id, seq));
        CREATE TABLE orchestration_promotion_approvals (
            promotion_id TEXT NOT NULL,
            approver TEXT NOT NULL,
            at BIGINT NOT NULL,
            comment TEXT NOT NULL,
            PRIMARY KEY (promotion_id, approver));
        CREATE TABLE orchestration_promotion_mirror (
            target TEXT NOT NULL,
            promotion_id TEXT NOT NULL,
            seq BIGINT NOT NULL,
            PRIMARY KEY (target, promotion_id, seq));
        """,
        """
        CREATE TABLE orchestration_blobs (
            digest TEXT NOT NULL,
            run_id TEXT NOT NULL,
            step TEXT NOT NULL,
            PRIMARY KEY (digest, run_id, step));
        CREATE TABLE orchestration_blobs_gathered (
            id BIGINT NOT NULL PRIMARY KEY,
            last_run TEXT NOT NULL);
        """,
    ]);
}
