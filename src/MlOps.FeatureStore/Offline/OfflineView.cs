using Microsoft.Extensions.Logging;

namespace MlOps.Features;

/// <summary>
/// A view's history. An intent row names a segment's file before the file is made, and one transaction makes it visible, so that a file
/// without a visible row is either under way or was left behind by a crash.
/// </summary>
internal sealed partial class OfflineView
{
    private const int MaxBatchRows = 1 << 24;
    private const long Pending = 0;
    private const long Visible = 1;
    private readonly EnvironmentContext _context;
    private readonly MetadataArea _area;
    private readonly FeatureStoreOptions _options;
    private readonly ILogger _logger;
    private readonly string _directory;
    private readonly string _id;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SemaphoreSlim _compaction = new(1, 1);
    private readonly KeyTable _keys;
    private List<LoadedSegment> _segments = [];

    public OfflineView(EnvironmentContext context, MetadataArea area, string directory, ViewPlan plan, FeatureStoreOptions options)
    {
        _context = context;
        _area = area;
        _directory = directory;
        _options = options;
        Plan = plan;
        _id = $"{plan.View.Name}.v{plan.View.Version}";
        _keys = new KeyTable(plan.View.Keys.Count);
        _logger = context.LoggerFactory.CreateLogger("MlOps.Features");
    }

    public ViewPlan Plan { get; }

    private Timestamp Now => Timestamp.From(_context.Clock.GetUtcNow());

    public async ValueTask<IngestResult> IngestAsync(DataFrame rows, string batchKey, CancellationToken cancellationToken)
    {
        if (rows.RowCount > MaxBatchRows)
            throw new InvalidInputException($"Feature view '{Plan.View.Name}': the batch '{batchKey}' has {rows.RowCount} rows; {MaxBatchRows} are allowed. Slice it and give each slice its own key.");
        return await IngestAsync(RowBatchReader.Read(Plan, rows), batchKey, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds checked rows.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="batchKey">Names the batch.</param>
    /// <param name="also">Runs in the transaction that commits the batch; not when the batch was there already.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    public ValueTask<IngestResult> IngestAsync(RowBatch batch, string batchKey, Func<IMetadataSession, ValueTask>? also, CancellationToken cancellationToken) =>
        IngestAsync(batch, batchKey, BatchDigest.Of(batch), also, cancellationToken);

    /// <summary>Adds rows that stand for others: the batch's key is then taken, whatever content it comes with again.</summary>
    public ValueTask<IngestResult> IngestCorrectedAsync(DataFrame rows, string batchKey, CancellationToken cancellationToken) =>
        IngestAsync(RowBatchReader.Read(Plan, rows), batchKey, null, null, cancellationToken);

    private async ValueTask<IngestResult> IngestAsync(RowBatch batch, string batchKey, string? digest, Func<IMetadataSession, ValueTask>? also, CancellationToken cancellationToken)
    {
        if (await FindBatchAsync(batchKey, cancellationToken).ConfigureAwait(false) is { } present)
            return Present(batch, digest, batchKey, present);

        var sorted = SortedRows.From(batch);
        cancellationToken.ThrowIfCancellationRequested();
        var file = await BeginSegmentAsync(cancellationToken).ConfigureAwait(false);
        var bytes = sorted.Count == 0 ? 0 : SegmentWriter.Write(_context.Files, PathOf(file), Plan, sorted);
        var committed = await CommitBatchAsync(batchKey, digest, file, sorted, bytes, also).ConfigureAwait(false);
        if (committed is { } earlier)
        {
            _context.Files.Delete(PathOf(file));
            return Present(batch, digest, batchKey, earlier);
        }

        LogIngested(_logger, sorted.Count, batchKey, _id);
        await CompactAsync(cancellationToken).ConfigureAwait(false);
        return new IngestResult(sorted.Count, false);
    }

    /// <summary>The segments that the manifest names now, held open.</summary>
    public async ValueTask<OfflineSnapshot> OpenAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                var manifest = await ManifestAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    Load(manifest);
                    break;
                }
                catch (CorruptDataException) when (attempt == 0)
                {
                    // Another process may have merged segments between the two reads; the second attempt tells.
                }
            }

            var held = _segments.Where(segment => segment.Reader.TryLease()).ToArray();
            return new OfflineSnapshot(Plan, _keys, held);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Removes what a crash left behind: intents older than the orphan age with their files, and files that no row names.</summary>
    public async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        _context.Files.CreateDirectory(_directory);
        // Files first: a file seen here whose row is written later cannot exist, since the row comes first.
        var files = _context.Files.ListFiles(_directory);
        var before = Now - _options.OrphanAge;
        await _area.WriteAsync(
            async (session, _) => await session.ExecuteAsync(
                "DELETE FROM features_segments WHERE view_id = @view AND state = 0 AND created_at < @before", ("view", _id), ("before", before)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        var named = await _area.ReadAsync(
            async (session, _) => await session.QueryAsync("SELECT file FROM features_segments WHERE view_id = @view", row => row.GetString(0), ("view", _id)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        var known = named.ToHashSet(StringComparer.Ordinal);
        foreach (var path in files)
        {
            var name = Path.GetFileName(path);
            if (known.Contains(name.EndsWith(".tmp", StringComparison.Ordinal) ? name[..^4] : name))
                continue;
            _context.Files.Delete(path);
            LogSwept(_logger, path);
        }
    }

    public async ValueTask<(long Rows, int Segments, long First, long Last)> CountAsync(CancellationToken cancellationToken)
    {
        var rows = await _area.ReadAsync(
            async (session, _) => await session.QueryAsync(
                "SELECT row_count, first_event, last_event FROM features_segments WHERE view_id = @view AND state = 1",
                row => (Rows: row.GetInt64(0), First: row.GetInt64(1), Last: row.GetInt64(2)), ("view", _id)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        return rows.Count == 0 ? default : (rows.Sum(row => row.Rows), rows.Count, rows.Min(row => row.First), rows.Max(row => row.Last));
    }

    public void Close()
    {
        foreach (var segment in _segments)
            segment.Reader.Release();
        _segments = [];
    }

    private static IngestResult Present(RowBatch rows, string? digest, string batchKey, CommittedBatch present)
    {
        // Without a digest the batch was corrected in quarantine: the content that its key is known for is not the one that was taken.
        if (present.Digest is null || present.Digest == digest)
            return new IngestResult(present.Rows, true);
        throw new InvalidInputException(present.Rows != rows.Count
            ? $"Batch key '{batchKey}' was used for a batch of {present.Rows} rows; this one has {rows.Count}. Give a different batch a different key."
            : $"Batch key '{batchKey}' was used for other content: {present.Rows} rows too, but digest {present.Digest} instead of {digest}. The source has changed since; give a different batch a different key.");
    }

    private string PathOf(string file) => Path.Combine(_directory, file);

    public async ValueTask<bool> HasBatchAsync(string batchKey, CancellationToken cancellationToken) =>
        await FindBatchAsync(batchKey, cancellationToken).ConfigureAwait(false) is not null;

    private ValueTask<CommittedBatch?> FindBatchAsync(string batchKey, CancellationToken cancellationToken) =>
        _area.ReadAsync((session, _) => FindBatchAsync(session, batchKey), cancellationToken);

    private async ValueTask<CommittedBatch?> FindBatchAsync(IMetadataSession session, string batchKey) =>
        await session.FirstOrDefaultAsync<CommittedBatch?>(
            "SELECT row_count, content_digest FROM features_batches WHERE view_id = @view AND batch_key = @key",
            row => new CommittedBatch(row.GetInt64(0), row.GetStringOrNull(1)), ("view", _id), ("key", batchKey)).ConfigureAwait(false);

    private async ValueTask<string> BeginSegmentAsync(CancellationToken cancellationToken)
    {
        _context.Files.CreateDirectory(_directory);
        var file = Guid.NewGuid().ToString("N") + ".seg";
        await _area.WriteAsync(
            async (session, _) => await session.ExecuteAsync(
                """
                INSERT INTO features_segments (view_id, file, state, commit_number, row_count, first_event, last_event, byte_count, created_at)
                VALUES (@view, @file, 0, 0, 0, 0, 0, 0, @now)
                """,
                ("view", _id), ("file", file), ("now", Now)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        return file;
    }

    // The rows of the batch that holds the key already, or null when this one was committed.
    private ValueTask<CommittedBatch?> CommitBatchAsync(
        string batchKey, string? digest, string file, SortedRows rows, long bytes, Func<IMetadataSession, ValueTask>? also) =>
        _area.WriteAsync<CommittedBatch?>(
            async (session, _) =>
            {
                var earlier = await FindBatchAsync(session, batchKey).ConfigureAwait(false);
                if (earlier is not null || rows.Count == 0)
                    await session.ExecuteAsync("DELETE FROM features_segments WHERE file = @file", ("file", file)).ConfigureAwait(false);
                if (earlier is not null)
                    return earlier;
                var commit = 1 + (await session.ScalarAsync("SELECT MAX(commit_number) FROM features_batches WHERE view_id = @view", ("view", _id)).ConfigureAwait(false) ?? 0);
                await session.ExecuteAsync(
                    "INSERT INTO features_batches (view_id, batch_key, commit_number, row_count, committed_at, content_digest) VALUES (@view, @key, @commit, @rows, @now, @digest)",
                    ("view", _id), ("key", batchKey), ("commit", commit), ("rows", (long)rows.Count), ("now", Now), ("digest", digest)).ConfigureAwait(false);
                if (also is not null)
                    await also(session).ConfigureAwait(false);
                if (rows.Count > 0)
                    await ShowSegmentAsync(session, file, commit, rows, bytes).ConfigureAwait(false);
                return null;
            });

    private static async ValueTask ShowSegmentAsync(IMetadataSession session, string file, long commit, SortedRows rows, long bytes)
    {
        var changed = await session.ExecuteAsync(
            """
            UPDATE features_segments SET state = 1, commit_number = @commit, row_count = @rows, first_event = @first, last_event = @last, byte_count = @bytes
            WHERE file = @file AND state = 0
            """,
            ("commit", commit), ("rows", (long)rows.Count), ("first", rows.Event.Min()), ("last", rows.Event.Max()), ("bytes", bytes), ("file", file)).ConfigureAwait(false);
        if (changed != 1)
            throw new StorageException($"Segment '{file}' took longer than the orphan age and was swept by another process. Ingest the batch again, with a longer FeatureStoreOptions.OrphanAge if it repeats.");
    }

    private ValueTask<List<ManifestRow>> ManifestAsync(CancellationToken cancellationToken) =>
        _area.ReadAsync(
            async (session, _) => await session.QueryAsync(
                "SELECT id, file, commit_number, row_count FROM features_segments WHERE view_id = @view AND state = 1 ORDER BY commit_number",
                row => new ManifestRow(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3)), ("view", _id)).ConfigureAwait(false),
            cancellationToken);

    private void Load(List<ManifestRow> manifest)
    {
        var open = _segments.ToDictionary(segment => segment.Id);
        var next = new List<LoadedSegment>(manifest.Count);
        var opened = new List<LoadedSegment>();
        try
        {
            foreach (var row in manifest)
            {
                if (!open.Remove(row.Id, out var segment))
                {
                    segment = new LoadedSegment(row.Id, row.Commit, SegmentReader.Open(_context.Files, PathOf(row.File), Plan), _keys);
                    opened.Add(segment);
                }

                next.Add(segment);
            }
        }
        catch
        {
            opened.ForEach(static segment => segment.Reader.Release());
            throw;
        }

        foreach (var gone in open.Values)
            gone.Reader.Release();
        _segments = next;
    }

    private sealed record CommittedBatch(long Rows, string? Digest);

    private readonly record struct ManifestRow(long Id, string File, long Commit, long Rows);
}
