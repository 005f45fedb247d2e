namespace MlOps.Monitoring;

internal static class MonitoringSchema
{
    public static MetadataSchema Schema { get; } = new("monitoring",
    [
        """
        CREATE TABLE monitoring_predictions (
            endpoint TEXT NOT NULL, prediction_id TEXT NOT NULL, model TEXT NOT NULL, version BIGINT NOT NULL, variant TEXT NOT NULL,
            assignment_key TEXT NOT NULL, time BIGINT NOT NULL, score {double} NOT NULL, features {blob} NOT NULL,
            PRIMARY KEY (endpoint, prediction_id, model, version));
        CREATE INDEX monitoring_predictions_time ON monitoring_predictions (endpoint, time);
        CREATE TABLE monitoring_outcomes (
            endpoint TEXT NOT NULL, prediction_id TEXT NOT NULL, value {double} NOT NULL, time BIGINT NOT NULL,
            PRIMARY KEY (endpoint, prediction_id));
        CREATE TABLE monitoring_references (
            endpoint TEXT NOT NULL, model TEXT NOT NULL, version BIGINT NOT NULL, digest TEXT NOT NULL, size BIGINT NOT NULL,
            PRIMARY KEY (endpoint, model, version));
        CREATE TABLE monitoring_reports (
            id {identity}, endpoint TEXT NOT NULL, kind TEXT NOT NULL, from_time BIGINT NOT NULL, to_time BIGINT NOT NULL,
            alarm BIGINT NOT NULL, report TEXT NOT NULL, UNIQUE (endpoint, kind, from_time, to_time));
        """,
        "CREATE INDEX monitoring_references_digest ON monitoring_references (digest)",
    ]);
}
