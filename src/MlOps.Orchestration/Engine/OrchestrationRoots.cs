namespace MlOps.Orchestration;

/// <summary>
/// Inputs and step outputs of pipeline runs keep the blobs that they name, for as long as the options say; steps at work keep what was
/// stored since they began. The cache keeps nothing: what it names is looked for before it is used.
/// </summary>
internal sealed class OrchestrationRoots(EnvironmentContext context, OrchestrationOptions options) : IArtifactRoots
{
    private const int PageRuns = 500;

    // A lease may have run out by a pause of its host, whose steps go on when nobody took the run meanwhile.
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);
    private readonly MetadataArea _area = new(context.Metadata, OrchestrationSchema.Schema);
    private volatile bool _gathered;

    private Timestamp Now => Timestamp.From(context.Clock.GetUtcNow());

    public async ValueTask<bool> IsReachableAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        await GatherAsync(cancellationToken).ConfigureAwait(false);
        return await _area.ReadAsync(async (session, _) => await session.ScalarAsync(
            "SELECT 1 FROM orchestration_blobs b JOIN orchestration_runs r ON r.run_id = b.run_id " +
            "WHERE b.digest = @digest AND (r.ended_at IS NULL OR r.ended_at >= @since) LIMIT 1",
            ("digest", digest.ToString()), ("since", options.KeepOutputs is { } kept ? Now - kept : Timestamp.MinValue)).ConfigureAwait(false) is not null, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<DateTimeOffset?> WorkingSinceAsync(CancellationToken cancellationToken = default)
    {
        var began = await _area.ReadAsync((session, _) => session.QueryAsync(
            "SELECT r.owner, a.started_at FROM orchestration_runs r JOIN orchestration_attempts a ON a.run_id = r.run_id " +
            "WHERE r.ended_at IS NULL AND r.owner IS NOT NULL AND r.lease_until >= @now AND a.ended_at IS NULL",
            row => (Owner: row.GetString(0), At: row.GetTimestamp(1)), ("now", Now - Patience)), cancellationToken).ConfigureAwait(false);
        var living = began.Where(attempt => !LeaseOwner.IsDead(attempt.Owner)).Select(attempt => attempt.At).ToArray();
        return living.Length == 0 ? null : living.Min().ToDateTimeOffset();
    }

    /// <summary>Notes, once per store, what runs name that were recorded before references were.</summary>
    private async ValueTask GatherAsync(CancellationToken cancellationToken)
    {
        while (!_gathered)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var last = await _area.ReadAsync((session, _) => session.FirstOrDefaultAsync(
                "SELECT last_run FROM orchestration_blobs_gathered WHERE id = 1", row => row.GetString(0)), cancellationToken).ConfigureAwait(false) ?? "";
            _gathered = last == "all" || await GatherPageAsync(last, cancellationToken).ConfigureAwait(false);
        }
    }

    private ValueTask<bool> GatherPageAsync(string last, CancellationToken cancellationToken) => _area.WriteAsync(async (session, _) =>
    {
        // Hexadecimal identifiers all sort before the word that ends it.
        var runs = await session.QueryAsync(
            "SELECT run_id, input FROM orchestration_runs WHERE run_id > @last ORDER BY run_id LIMIT @limit",
            row => (Id: row.GetString(0), Input: row.GetString(1)), ("last", last), ("limit", PageRuns)).ConfigureAwait(false);
        foreach (var (id, input) in runs)
        {
            await BlobReferences.PutAsync(session, id, BlobReferences.RunInput, input).ConfigureAwait(false);
            var outputs = await session.QueryAsync(
                "SELECT step, output FROM orchestration_steps WHERE run_id = @run AND output IS NOT NULL",
                row => (Step: row.GetString(0), Output: row.GetString(1)), ("run", id)).ConfigureAwait(false);
            foreach (var (step, output) in outputs)
                await BlobReferences.PutAsync(session, id, step, output).ConfigureAwait(false);
        }

        var done = runs.Count < PageRuns;
        await session.ExecuteAsync(
            "INSERT INTO orchestration_blobs_gathered (id, last_run) VALUES (1, @last) ON CONFLICT (id) DO UPDATE SET last_run = excluded.last_run",
            ("last", done ? "all" : runs[^1].Id)).ConfigureAwait(false);
        return done;
    }, cancellationToken);
}
