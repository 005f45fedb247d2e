using System.Collections.Concurrent;

namespace MlOps.Registry;

internal sealed partial class SqlExperiments
{
    private readonly ConcurrentDictionary<string, SqlRun> _live = new(StringComparer.Ordinal);

    public async ValueTask<IReadOnlyList<RunRecord>> FindLostRunsAsync(int limit = 100, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.Read, "lost runs");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        await MarkLostAsync(cancellationToken).ConfigureAwait(false);
        var runs = await _area.ReadAsync(
            (session, _) => LoadAsync(
                session, "SELECT id FROM experiments_runs WHERE status = 'Lost' AND deleted_at IS NULL ORDER BY ended_at DESC, id DESC LIMIT @limit", ("limit", (long)limit)),
            cancellationToken).ConfigureAwait(false);
        return [.. runs.OrderByDescending(run => run.EndedAt)];
    }

    /// <summary>Called by a run of this process when it records no more.</summary>
    internal void Ended(SqlRun run)
    {
        _live.TryRemove(run.Owner, out _);
        _sampler.Detach(run);
    }

    /// <summary>
    /// Marks the runs of dead processes. A process that was only asleep takes its run back with its next heartbeat. Runs that this process records
    /// are never marked by it: after a jump of the clock their heartbeat is old, and yet they live. A heartbeat from the future was written before the
    /// clock was set back; it is set to now, so that a dead run is found one lease later and not when the clock has caught up.
    /// </summary>
    private async ValueTask MarkLostAsync(CancellationToken cancellationToken)
    {
        var now = Now;
        var (limit, ahead) = (now - _timings.Lease, now + _timings.Lease);
        var suspects = await _area.ReadAsync((session, _) => session.QueryAsync(
            "SELECT owner FROM experiments_runs WHERE status = 'Running' AND (heartbeat_at < @limit OR heartbeat_at > @ahead)",
            reader => reader.GetString(0), ("limit", limit), ("ahead", ahead)), cancellationToken).ConfigureAwait(false);
        if (suspects.TrueForAll(_live.ContainsKey))
            return;
        try
        {
            var lost = await _area.WriteAsync(async (session, _) =>
            {
                await session.ExecuteAsync(
                    "UPDATE experiments_runs SET heartbeat_at = @now WHERE status = 'Running' AND heartbeat_at > @ahead", ("now", now), ("ahead", ahead)).ConfigureAwait(false);
                var silent = await session.QueryAsync(
                    "SELECT id, experiment, name, owner, heartbeat_at FROM experiments_runs WHERE status = 'Running' AND heartbeat_at < @limit",
                    reader => new SilentRun(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetTimestamp(4)),
                    ("limit", limit)).ConfigureAwait(false);
                silent.RemoveAll(run => _live.ContainsKey(run.Owner));
                foreach (var run in silent)
                    await MarkLostAsync(session, run).ConfigureAwait(false);
                return silent.Count;
            }, cancellationToken).ConfigureAwait(false);
            if (lost > 0)
                LogLost(_logger, lost, _context.Name, _timings.Lease);
        }
        catch (StorageException error)
        {
            // Marking is upkeep that a read does by the way: a full disk must not stop people from reading.
            LogNotMarked(_logger, _context.Name, error);
        }
    }

    private async ValueTask MarkLostAsync(IMetadataSession session, SilentRun run)
    {
        await session.ExecuteAsync(
            "UPDATE experiments_runs SET status = 'Lost', ended_at = heartbeat_at WHERE id = @id", ("id", run.Id)).ConfigureAwait(false);
        await _context.Audit.AppendAsync(session, new AuditEntry("experiments.run.lost", $"{run.Experiment}/{run.Id}", "no heartbeat", RunJson(RunStatus.Running), RunJson(RunStatus.Lost))).ConfigureAwait(false);
        var data = StoredJson.Text(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("runId", run.Id);
            writer.WriteString("name", run.Name);
            writer.WriteString("heartbeat", run.Heartbeat.ToString());
            writer.WriteEndObject();
        });
        await _context.Events.AppendAsync(session, ExperimentEvents.RunLost, run.Experiment, data, $"run.lost/{run.Id}/{run.Heartbeat.Microseconds}").ConfigureAwait(false);
    }

    private sealed record SilentRun(string Id, string Experiment, string Name, string Owner, Timestamp Heartbeat);
}
