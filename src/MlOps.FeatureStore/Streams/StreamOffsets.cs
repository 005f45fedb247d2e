namespace MlOps.Features;

/// <summary>Where the partitions of landing jobs stand in the offline store: the rows of the metadata store.</summary>
internal sealed class StreamOffsets(MetadataArea area, TimeProvider clock)
{
    public async ValueTask<(long Landed, long NewestEvent, long LateRows)> ReadAsync(FeatureView view, string job, string part, CancellationToken cancellationToken) =>
        (await ReadAllAsync(view, cancellationToken).ConfigureAwait(false)).Where(row => row.Job == job && row.Part == part)
            .Select(row => (row.Landed, row.NewestEvent, row.LateRows)).FirstOrDefault((-1, long.MinValue, 0));

    public async ValueTask<List<(string Job, string Part, long Landed, long NewestEvent, long LateRows)>> ReadAllAsync(FeatureView view, CancellationToken cancellationToken) =>
        await area.ReadAsync(
            (session, _) => session.QueryAsync(
                "SELECT job, part, landed_offset, newest_event, late_rows FROM features_streams WHERE view_id = @view",
                row => (row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)), ("view", IdOf(view))),
            cancellationToken).ConfigureAwait(false);

    public ValueTask<int> MoveAsync(FeatureView view, string job, string part, long landed, long newestEvent, long lateRows, CancellationToken cancellationToken) =>
        area.WriteAsync(
            async (session, _) =>
            {
                await MoveAsync(session, view, job, part, landed, newestEvent, lateRows).ConfigureAwait(false);
                return 0;
            },
            cancellationToken);

    /// <summary>Moves a partition on; within the transaction that commits its batch.</summary>
    public async ValueTask MoveAsync(IMetadataSession session, FeatureView view, string job, string part, long landed, long newestEvent, long lateRows) =>
        await session.ExecuteAsync(
            """
            INSERT INTO features_streams (view_id, job, part, landed_offset, newest_event, late_rows, updated_at) VALUES (@view, @job, @part, @landed, @newest, @late, @now)
            ON CONFLICT (view_id, job, part) DO UPDATE SET landed_offset = excluded.landed_offset, newest_event = excluded.newest_event, late_rows = excluded.late_rows, updated_at = excluded.updated_at
            """,
            ("view", IdOf(view)), ("job", job), ("part", part), ("landed", landed), ("newest", newestEvent), ("late", lateRows), ("now", Timestamp.From(clock.GetUtcNow()))).ConfigureAwait(false);

    private static string IdOf(FeatureView view) => $"{view.Name}.v{view.Version}";
}
