namespace MlOps.Features;

/// <summary>How far a declared source was taken: the rows of it in the metadata store.</summary>
internal sealed class SourceProgress(MetadataArea area, FeatureView view, DeclaredSource source, TimeProvider clock)
{
    private readonly string _view = $"{view.Name}.v{view.Version}";

    private Timestamp Now => Timestamp.From(clock.GetUtcNow());

    public async ValueTask<string?> PositionAsync(CancellationToken cancellationToken) =>
        await area.ReadAsync(
            (session, _) => session.FirstOrDefaultAsync(
                "SELECT position FROM features_sources WHERE view_id = @view AND source = @source", row => row.GetStringOrNull(0), ("view", _view), ("source", source.Name)),
            cancellationToken).ConfigureAwait(false);

    /// <summary>Says what the source is, for lineage; keeps its position.</summary>
    public async ValueTask DeclareAsync(IEnumerable<string> views, CancellationToken cancellationToken)
    {
        // The first line is for people; then the views that it reads, one a line.
        var origin = string.Join('\n', views.Prepend(source.Source.Origin.ReplaceLineEndings(" ")));
        var stored = await area.ReadAsync(
            (session, _) => session.FirstOrDefaultAsync(
                "SELECT origin FROM features_sources WHERE view_id = @view AND source = @source", row => row.GetString(0), ("view", _view), ("source", source.Name)),
            cancellationToken).ConfigureAwait(false);
        if (stored == origin)
            return;
        await area.WriteAsync(
            (session, _) => session.ExecuteAsync(
                """
                INSERT INTO features_sources (view_id, source, origin, position, updated_at) VALUES (@view, @source, @origin, NULL, @now)
                ON CONFLICT (view_id, source) DO UPDATE SET origin = excluded.origin
                """,
                ("view", _view), ("source", source.Name), ("origin", origin), ("now", Now)),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Moves the position; within the transaction that commits the batch.</summary>
    public async ValueTask MoveAsync(IMetadataSession session, string position) =>
        await session.ExecuteAsync(
            "UPDATE features_sources SET position = @position, updated_at = @now WHERE view_id = @view AND source = @source",
            ("position", position), ("now", Now), ("view", _view), ("source", source.Name)).ConfigureAwait(false);

    public ValueTask<int> MoveAsync(string position, CancellationToken cancellationToken) =>
        area.WriteAsync(
            async (session, _) =>
            {
                await MoveAsync(session, position).ConfigureAwait(false);
                return 0;
            },
            cancellationToken);

    public async ValueTask<Dictionary<string, TakenFile>> FilesAsync(CancellationToken cancellationToken) =>
        (await area.ReadAsync(
            (session, _) => session.QueryAsync(
                "SELECT file, byte_count, written_at, digest, row_count FROM features_source_files WHERE view_id = @view AND source = @source",
                row => new TakenFile(row.GetString(0), row.GetInt64(1), row.GetTimestamp(2), row.GetString(3), row.GetInt64(4)), ("view", _view), ("source", source.Name)),
            cancellationToken).ConfigureAwait(false)).ToDictionary(file => file.File, StringComparer.Ordinal);

    public ValueTask<int> TakeAsync(TakenFile file, CancellationToken cancellationToken) =>
        area.WriteAsync(
            (session, _) => session.ExecuteAsync(
                """
                INSERT INTO features_source_files (view_id, source, file, byte_count, written_at, digest, row_count, ingested_at)
                VALUES (@view, @source, @file, @bytes, @written, @digest, @rows, @now)
                ON CONFLICT (view_id, source, file) DO UPDATE SET byte_count = excluded.byte_count, written_at = excluded.written_at
                """,
                ("view", _view), ("source", source.Name), ("file", file.File), ("bytes", file.Bytes), ("written", file.Written), ("digest", file.Digest), ("rows", file.Rows), ("now", Now)),
            cancellationToken);

    internal sealed record TakenFile(string File, long Bytes, Timestamp Written, string Digest, long Rows);
}
