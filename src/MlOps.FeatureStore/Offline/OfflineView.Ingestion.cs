namespace MlOps.Features;

internal sealed partial class OfflineView
{
    // A large batch is sorted and written in runs, so that memory stays bounded; each run is a segment and a commit of its own.
    private int RunRows => Math.Max(1, _options.RunRows);

    public async ValueTask<IngestResult> IngestAsync(DataFrame rows, string batchKey, CancellationToken cancellationToken)
    {
        if (await FindBatchAsync(batchKey, cancellationToken).ConfigureAwait(false) is { } present)
            return Present(rows, batchKey, present);

        var runs = (int)(((long)rows.RowCount + RunRows - 1) / RunRows);
        var files = runs == 0 ? [] : await BeginSegmentsAsync(runs, cancellationToken).ConfigureAwait(false);
        List<SegmentSummary> written;
        try
        {
            written = WriteRuns(rows, files, cancellationToken);
        }
        catch
        {
            Discard(files);
            throw;
        }

        var (earlier, segments, hasExpired) = await CommitBatchAsync(batchKey, rows.RowCount, files, written).ConfigureAwait(false);
        if (earlier is { } count)
        {
            Discard(files);
            return Present(rows, batchKey, count);
        }

        LogIngested(_logger, rows.RowCount, batchKey, _id);
        if (segments > MaxSegments || hasExpired)
            CompactInBackground();
        // Merges that cannot keep up slow ingestion down at last.
        if (segments > 8 * MaxSegments)
            await BackgroundCompaction.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new IngestResult(rows.RowCount, false);
    }

    private static IngestResult Present(DataFrame rows, string batchKey, long present) =>
        present == rows.RowCount
            ? new IngestResult(present, true)
            : throw new InvalidInputException($"Batch key '{batchKey}' was used for a batch of {present} rows; this one has {rows.RowCount}. Give a different batch a different key.");

    private List<SegmentSummary> WriteRuns(DataFrame rows, string[] files, CancellationToken cancellationToken)
    {
        var written = new SegmentSummary[files.Length];
        if (files.Length == 1)
        {
            written[0] = WriteRun(rows, 0, files[0]);
            cancellationToken.ThrowIfCancellationRequested();
            return [.. written];
        }

        try
        {
            // Two at a time: while one waits for the disk the other is sorted.
            Parallel.For(
                0, files.Length, new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = 2 },
                run => written[run] = WriteRun(rows.Slice(run * RunRows, Math.Min(RunRows, rows.RowCount - run * RunRows)), run * RunRows, files[run]));
        }
        catch (AggregateException several) when (several.InnerExceptions.OfType<MlOpsException>().FirstOrDefault() is { } first)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }

        return [.. written];
    }

    private SegmentSummary WriteRun(DataFrame rows, int firstRow, string file) =>
        SegmentWriter.Write(_context.Files, PathOf(file), Plan, SortedRows.From(RowBatchReader.Read(Plan, rows, firstRow)));

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

    private async ValueTask<long?> FindBatchAsync(string batchKey, CancellationToken cancellationToken) =>
        await _area.ReadAsync(
            async (session, _) => await session.ScalarAsync(
                "SELECT row_count FROM features_batches WHERE view_id = @view AND batch_key = @key", ("view", _id), ("key", batchKey)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

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

    // The rows of the batch that holds the key already, or null when this one was committed; how many segments there are; whether some may go unread.
    private ValueTask<(long? Earlier, long Segments, bool HasExpired)> CommitBatchAsync(string batchKey, int rows, string[] files, List<SegmentSummary> written) =>
        _area.WriteAsync<(long?, long, bool)>(
            async (session, _) =>
            {
                var earlier = await session.ScalarAsync(
                    "SELECT row_count FROM features_batches WHERE view_id = @view AND batch_key = @key", ("view", _id), ("key", batchKey)).ConfigureAwait(false);
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
                    "INSERT INTO features_batches (view_id, batch_key, commit_number, row_count, committed_at) VALUES (@view, @key, @commit, @rows, @now)",
                    ("view", _id), ("key", batchKey), ("commit", commit + Math.Max(1, files.Length)), ("rows", (long)rows), ("now", Math.Max(last, Now.Microseconds))).ConfigureAwait(false);
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
}
