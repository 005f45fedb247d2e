namespace MlOps.Features;

internal sealed partial class OfflineView
{
    // A large batch is sorted and written in runs, so that memory stays bounded; each run is a segment and a commit of its own.
    private int RunRows => Math.Max(1, _options.RunRows);

    public ValueTask<IngestResult> IngestAsync(DataFrame rows, string batchKey, CancellationToken cancellationToken) =>
        IngestAsync(new BatchContent(Plan, rows, RunRows), batchKey, true, null, cancellationToken);

    /// <summary>Adds checked rows.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="batchKey">Names the batch.</param>
    /// <param name="also">Runs in the transaction that commits the batch; not when the batch was there already.</param>
    /// <param name="cancellationToken">Cancels before the commit.</param>
    public ValueTask<IngestResult> IngestAsync(RowBatch batch, string batchKey, Func<IMetadataSession, ValueTask>? also, CancellationToken cancellationToken) =>
        IngestAsync(new BatchContent(Plan, batch), batchKey, true, also, cancellationToken);

    /// <summary>Adds rows that stand for others: the batch's key is then taken, whatever content it comes with again.</summary>
    public ValueTask<IngestResult> IngestCorrectedAsync(DataFrame rows, string batchKey, CancellationToken cancellationToken) =>
        IngestAsync(new BatchContent(Plan, rows, RunRows), batchKey, false, null, cancellationToken);

    public async ValueTask<bool> HasBatchAsync(string batchKey, CancellationToken cancellationToken) =>
        await FindBatchAsync(batchKey, cancellationToken).ConfigureAwait(false) is not null;

    private async ValueTask<IngestResult> IngestAsync(
        BatchContent content, string batchKey, bool keepsDigest, Func<IMetadataSession, ValueTask>? also, CancellationToken cancellationToken)
    {
        if (await FindBatchAsync(batchKey, cancellationToken).ConfigureAwait(false) is { } present)
            return Present(content, batchKey, present);

        var files = content.Runs == 0 ? [] : await BeginSegmentsAsync(content.Runs, cancellationToken).ConfigureAwait(false);
        (SegmentSummary[] Segments, string? Digest) written;
        try
        {
            written = WriteRuns(content, files, keepsDigest, cancellationToken);
        }
        catch
        {
            Discard(files);
            throw;
        }

        var (earlier, segments, hasExpired) = await CommitBatchAsync(batchKey, written.Digest, content.Rows, files, written.Segments, also).ConfigureAwait(false);
        if (earlier is not null)
        {
            Discard(files);
            return Present(content, batchKey, earlier);
        }

        LogIngested(_logger, content.Rows, batchKey, _id);
        if (segments > MaxSegments || hasExpired)
            CompactInBackground();
        // Merges that cannot keep up slow ingestion down at last.
        if (segments > 8 * MaxSegments)
            await BackgroundCompaction.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new IngestResult(content.Rows, false);
    }

    private static IngestResult Present(BatchContent content, string batchKey, CommittedBatch present)
    {
        if (present.Rows != content.Rows && present.Digest is not null)
            throw new InvalidInputException($"Batch key '{batchKey}' was used for a batch of {present.Rows} rows; this one has {content.Rows}. Give a different batch a different key.");
        // Without a digest the batch was corrected in quarantine: the content that its key is known for is not the one that was taken.
        if (present.Digest is not null && content.Digest() is var digest && present.Digest != digest)
            throw new InvalidInputException($"Batch key '{batchKey}' was used for other content: {present.Rows} rows too, but digest {present.Digest} instead of {digest}. The source has changed since; give a different batch a different key.");
        return new IngestResult(present.Rows, true);
    }

    private (SegmentSummary[] Segments, string? Digest) WriteRuns(BatchContent content, string[] files, bool keepsDigest, CancellationToken cancellationToken)
    {
        var written = new SegmentSummary[files.Length];
        var digests = new string[files.Length];
        void WriteRun(int run)
        {
            var batch = content.Read(run);
            digests[run] = keepsDigest ? BatchDigest.Of(batch) : "";
            written[run] = SegmentWriter.Write(_context.Files, PathOf(files[run]), Plan, SortedRows.From(batch));
        }

        if (files.Length == 1)
        {
            WriteRun(0);
            cancellationToken.ThrowIfCancellationRequested();
            return (written, keepsDigest ? digests[0] : null);
        }

        try
        {
            // Two at a time: while one waits for the disk the other sorts.
            Parallel.For(0, files.Length, new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = 2 }, WriteRun);
        }
        catch (AggregateException several) when (several.InnerExceptions.OfType<MlOpsException>().FirstOrDefault() is { } first)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }

        return (written, keepsDigest ? BatchDigest.Combine(digests) : null);
    }

    // Their intents stay for the sweep, which finds no file then.
    private void Discard(string[] files)
    {
        foreach (var file in files)
        {
            try
            {
                _context.Files.Delete(PathOf(file));
            }
            catch (StorageException)
            {
                // The sweep removes it later; what went wrong first is the error to report.
            }
        }
    }

    private ValueTask<CommittedBatch?> FindBatchAsync(string batchKey, CancellationToken cancellationToken) =>
        _area.ReadAsync((session, _) => FindBatchAsync(session, batchKey), cancellationToken);

    private async ValueTask<CommittedBatch?> FindBatchAsync(IMetadataSession session, string batchKey) =>
        await session.FirstOrDefaultAsync<CommittedBatch?>(
            "SELECT row_count, content_digest FROM features_batches WHERE view_id = @view AND batch_key = @key",
            row => new CommittedBatch(row.GetInt64(0), row.GetStringOrNull(1)), ("view", _id), ("key", batchKey)).ConfigureAwait(false);

    private async ValueTask<string[]> BeginSegmentsAsync(int count, CancellationToken cancellationToken)
    {
        _context.Files.CreateDirectory(_directory);
        var files = Enumerable.Range(0, count).Select(_ => Guid.NewGuid().ToString("N") + ".seg").ToArray();
        await _area.WriteAsync(
            async (session, _) =>
            {
                foreach (var file in files)
                    await session.ExecuteAsync(
                        """
                        INSERT INTO features_segments (view_id, file, state, commit_number, row_count, first_event, last_event, byte_count, created_at)
                        VALUES (@view, @file, 0, 0, 0, 0, 0, 0, @now)
                        """,
                        ("view", _id), ("file", file), ("now", Now)).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return files;
    }

    // The batch that holds the key already, or null when this one was committed; how many segments there are; whether some may go unread.
    private ValueTask<(CommittedBatch? Earlier, long Segments, bool HasExpired)> CommitBatchAsync(
        string batchKey, string? digest, int rows, string[] files, SegmentSummary[] written, Func<IMetadataSession, ValueTask>? also) =>
        _area.WriteAsync<(CommittedBatch?, long, bool)>(
            async (session, _) =>
            {
                var earlier = await FindBatchAsync(session, batchKey).ConfigureAwait(false);
                if (earlier is not null)
                {
                    foreach (var file in files)
                        await session.ExecuteAsync("DELETE FROM features_segments WHERE file = @file", ("file", file)).ConfigureAwait(false);
                    return (earlier, 0, false);
                }

                var commit = await session.ScalarAsync("SELECT MAX(commit_number) FROM features_batches WHERE view_id = @view", ("view", _id)).ConfigureAwait(false) ?? 0;
                var last = await session.ScalarAsync("SELECT committed_at FROM features_batches WHERE view_id = @view AND commit_number = @commit", ("view", _id), ("commit", commit)).ConfigureAwait(false) ?? long.MinValue;
                for (var run = 0; run < files.Length; run++)
                    await ShowSegmentAsync(session, files[run], commit + 1 + run, written[run]).ConfigureAwait(false);
                // Moments grow with commits even where the clock was set back, so that each moment belongs to one state of the store.
                await session.ExecuteAsync(
                    "INSERT INTO features_batches (view_id, batch_key, commit_number, row_count, committed_at, content_digest) VALUES (@view, @key, @commit, @rows, @now, @digest)",
                    ("view", _id), ("key", batchKey), ("commit", commit + Math.Max(1, files.Length)), ("rows", (long)rows), ("now", Math.Max(last, Now.Microseconds)), ("digest", digest)).ConfigureAwait(false);
                if (also is not null)
                    await also(session).ConfigureAwait(false);
                var segments = await session.ScalarAsync("SELECT COUNT(*) FROM features_segments WHERE view_id = @view AND state = 1", ("view", _id)).ConfigureAwait(false) ?? 0;
                var oldest = Plan.View.Retention is null
                    ? null
                    : await session.ScalarAsync("SELECT MIN(last_event) FROM features_segments WHERE view_id = @view AND state = 1", ("view", _id)).ConfigureAwait(false);
                return (null, segments, oldest < FirstRetained(Now - _options.TimeTravelHorizon));
            });

    private static async ValueTask ShowSegmentAsync(IMetadataSession session, string file, long commit, SegmentSummary segment)
    {
        var changed = await session.ExecuteAsync(
            """
            UPDATE features_segments SET state = 1, commit_number = @commit, row_count = @rows, first_event = @first, last_event = @last, byte_count = @bytes
            WHERE file = @file AND state = 0
            """,
            ("commit", commit), ("rows", segment.Rows), ("first", segment.FirstEvent), ("last", segment.LastEvent), ("bytes", segment.Bytes), ("file", file)).ConfigureAwait(false);
        if (changed != 1)
            throw new StorageException($"Segment '{file}' took longer than the orphan age and was swept by another process. Ingest the batch again, with a longer FeatureStoreOptions.OrphanAge if it repeats.");
    }

    private sealed record CommittedBatch(long Rows, string? Digest);
}
