namespace MlOps.Registry;

internal sealed partial class SqlExperiments
{
    public async ValueTask<IReadOnlyList<MetricPoint>> GetMetricHistoryAsync(
        string runId, string metric, MetricHistoryOptions? options = null, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, Subject("run", runId));
        ArgumentNullException.ThrowIfNull(runId);
        ArgumentNullException.ThrowIfNull(metric);
        options ??= new MetricHistoryOptions();
        if (options.FromStep > options.ToStep)
            throw new InvalidInputException($"FromStep {options.FromStep} lies after ToStep {options.ToStep}.");
        if (options.MaxPoints < MetricHistory.LeastPoints)
            throw new InvalidInputException($"MaxPoints is {options.MaxPoints}; use at least {MetricHistory.LeastPoints}, or null for all points.");
        var (blocks, begins) = await _area.ReadAsync(async (session, _) =>
        {
            await RequireRunAsync(session, runId).ConfigureAwait(false);
            // Blocks of the first format know no steps; they are of attempt 0, before which nothing has to give way.
            var read = await session.QueryAsync(
                "SELECT attempt, points FROM experiments_points WHERE run_id = @run AND name = @name " +
                "AND (min_step IS NULL OR (min_step <= @to AND max_step >= @from)) ORDER BY first",
                reader => (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)),
                ("run", runId), ("name", metric), ("from", options.FromStep), ("to", options.ToStep)).ConfigureAwait(false);
            var starts = await session.QueryAsync(
                "SELECT attempt, MIN(min_step) FROM experiments_points WHERE run_id = @run AND name = @name AND min_step IS NOT NULL GROUP BY attempt",
                reader => (reader.GetInt64(0), reader.GetInt64(1)), ("run", runId), ("name", metric)).ConfigureAwait(false);
            return (read, starts);
        }, cancellationToken).ConfigureAwait(false);
        var points = MetricHistory.Join(blocks, options.AllAttempts ? [] : begins, options.FromStep, options.ToStep);
        return options.MaxPoints is { } most ? MetricHistory.Thin(points, most) : points;
    }
}
