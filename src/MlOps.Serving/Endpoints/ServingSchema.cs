namespace MlOps.Serving;

/// <summary>The tables of serving.</summary>
internal static class ServingSchema
{
    public static MetadataSchema Schema { get; } = new(
        "serving",
        [
            """
            CREATE TABLE serving_traffic (
                id {identity},
                endpoint TEXT NOT NULL,
                revision BIGINT NOT NULL,
                document TEXT NOT NULL,
                reason TEXT NOT NULL,
                changed_by TEXT NOT NULL,
                changed_at BIGINT NOT NULL,
                UNIQUE (endpoint, revision));
            CREATE TABLE serving_prediction_sets (
                id {identity},
                job TEXT NOT NULL,
                run TEXT NOT NULL,
                version TEXT NOT NULL,
                outputs BIGINT NOT NULL,
                rows_done BIGINT NOT NULL,
                last_key TEXT,
                completed_at BIGINT,
                UNIQUE (job, run));
            CREATE TABLE serving_predictions (
                set_id BIGINT NOT NULL,
                key TEXT NOT NULL,
                scores {blob} NOT NULL,
                scored_at BIGINT NOT NULL,
                PRIMARY KEY (set_id, key));
            """,
            """
            CREATE TABLE serving_model_trials (
                id {identity},
                digest TEXT NOT NULL,
                runtime TEXT NOT NULL,
                limits TEXT NOT NULL,
                passed BIGINT NOT NULL,
                message TEXT NOT NULL,
                peak_bytes BIGINT NOT NULL,
                elapsed_ms BIGINT NOT NULL,
                tried_at BIGINT NOT NULL,
                UNIQUE (digest, runtime, limits));
            """,
            """
            CREATE TABLE serving_exposures (
                endpoint TEXT NOT NULL,
                revision BIGINT NOT NULL,
                key TEXT NOT NULL,
                variant TEXT NOT NULL,
                version TEXT NOT NULL,
                exposed_at BIGINT NOT NULL,
                PRIMARY KEY (endpoint, revision, key));
            CREATE TABLE serving_variant_counts (
                endpoint TEXT NOT NULL,
                revision BIGINT NOT NULL,
                variant TEXT NOT NULL,
                answers BIGINT NOT NULL,
                failures BIGINT NOT NULL,
                ticks BIGINT NOT NULL,
                PRIMARY KEY (endpoint, revision, variant));
            CREATE TABLE serving_arms (
                endpoint TEXT NOT NULL,
                experiment TEXT NOT NULL,
                version TEXT NOT NULL,
                rewards BIGINT NOT NULL,
                mean {double} NOT NULL,
                squares {double} NOT NULL,
                PRIMARY KEY (endpoint, experiment, version));
            """,
        ]);
}
