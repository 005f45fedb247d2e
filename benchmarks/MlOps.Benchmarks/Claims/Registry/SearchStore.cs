using MlOps.Benchmarks.Claims.Support;
using MlOps.Registry;

namespace MlOps.Benchmarks.Claims.Registry;

/// <summary>Stores as years of work would leave them, written by the database itself in one transaction.</summary>
internal static class SearchStore
{
    private const string Numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @count), k(m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM k WHERE m + 1 < @keys) ";

    // As UUIDs of version 7 are: time first, then what looks random.
    private const string RunId = "printf('%012x%020x', 1700000000000 + i * 60000, (i * 2654435761) % 4294967296)";

    /// <summary>Runs of ten metrics (one missing in every tenth run), five parameters and five labels each, in one experiment beside two small ones.</summary>
    public static async Task WriteRunsAsync(ClaimHost host, int count, CancellationToken stop)
    {
        await host.Environment.Get<IExperiments>().SearchRunsAsync("", stop);
        await host.Environment.Context.Metadata.WriteAsync(async (session, _) =>
        {
            await session.ExecuteAsync(
                Numbers + "INSERT INTO experiments_runs (id, experiment, name, status, owner, started_at, ended_at, heartbeat_at, created_by) " +
                $"SELECT {RunId}, CASE WHEN i % 50 = 0 THEN 'side' ELSE 'main' END, 'run ' || i, CASE WHEN i % 20 = 0 THEN 'Failed' ELSE 'Completed' END, '', " +
                "(1700000000000 + i * 60000) * 1000, (1700000000000 + i * 60000 + i % 977 * 1000) * 1000, 0, 'user' || (i % 7) FROM n",
                ("count", (long)count), ("keys", 1L));
            await session.ExecuteAsync(
                Numbers + "INSERT INTO experiments_series (run_id, name, points, last_step, last_at, last_value) " +
                $"SELECT {RunId}, CASE m WHEN 0 THEN 'auc' WHEN 1 THEN 'sparse' ELSE 'metric' || m END, 1, 1, 0, " +
                "((i * 7919 + m * 104729 + (i * 31 % 1009) * 65537) % 100003) / 100003.0 FROM n, k WHERE m <> 1 OR i % 10 <> 0",
                ("count", (long)count), ("keys", 10L));
            await session.ExecuteAsync(
                Numbers + $"INSERT INTO experiments_parameters (run_id, name, value) SELECT {RunId}, CASE m WHEN 0 THEN 'lr' ELSE 'param' || m END, " +
                "'value ' || ((i * 31 + m * 17) % 40) FROM n, k",
                ("count", (long)count), ("keys", 5L));
            await session.ExecuteAsync(
                Numbers + $"INSERT INTO experiments_tags (run_id, name, value) SELECT {RunId}, CASE m WHEN 0 THEN 'owner' ELSE 'tag' || m END, " +
                "CASE m WHEN 0 THEN 'team ' || (i * 37 % 25) ELSE 'some longer text of a label ' || ((i * 13 + m) % 1000) END FROM n, k WHERE m <> 4 OR i % 3 = 0",
                ("count", (long)count), ("keys", 5L));
            return 0;
        }, stop);
    }

    /// <summary>Copies of one registered version under many models, each with a metric and a label.</summary>
    public static async Task WriteVersionsAsync(ClaimHost host, ModelVersionRef pattern, int models, int each, CancellationToken stop) =>
        await host.Environment.Context.Metadata.WriteAsync(async (session, _) =>
        {
            (string, object?)[] parameters = [("count", (long)models), ("keys", (long)each), ("model", pattern.Model), ("version", (long)pattern.Version)];
            await session.ExecuteAsync(
                Numbers + "INSERT INTO registry_models (name, last_version, created_at) SELECT 'model' || i, @keys, 0 FROM n", [.. parameters[..2]]);
            await session.ExecuteAsync(
                Numbers + "INSERT INTO registry_versions (model, version, manifest_digest, manifest, config, created_at, created_by) " +
                "SELECT 'model' || i, m + 1, v.manifest_digest, v.manifest, v.config, i * 1000 + m, 'claim' FROM n, k, registry_versions v WHERE v.model = @model AND v.version = @version",
                parameters);
            await session.ExecuteAsync(
                Numbers + "INSERT INTO registry_blobs (digest, model, version) " +
                "SELECT b.digest, 'model' || i, m + 1 FROM n, k, registry_blobs b WHERE b.model = @model AND b.version = @version", parameters);
            await session.ExecuteAsync(
                Numbers + "INSERT INTO registry_metrics (model, version, name, value) SELECT 'model' || i, m + 1, 'auc', ((i * 7919 + m * 104729) % 100003) / 100003.0 FROM n, k",
                [.. parameters[..2]]);
            await session.ExecuteAsync(
                Numbers + "INSERT INTO registry_tags (model, version, name, value) SELECT 'model' || i, m + 1, 'owner', 'team ' || (m % 25) FROM n, k", [.. parameters[..2]]);
            return 0;
        }, stop);

    /// <summary>Moves of one alias, one a second, between two versions.</summary>
    public static async Task WriteMovesAsync(ClaimHost host, string model, string alias, int count, CancellationToken stop) =>
        await host.Environment.Context.Metadata.WriteAsync((session, _) => session.ExecuteAsync(
            Numbers + "INSERT INTO registry_alias_moves (model, alias, from_version, to_version, moved_at, moved_by, reason) " +
            "SELECT @model, @alias, i % 2 + 1, (i + 1) % 2 + 1, i * 1000000, 'claim', 'claim' FROM n",
            ("count", (long)count), ("keys", 1L), ("model", model), ("alias", alias)), stop);
}
