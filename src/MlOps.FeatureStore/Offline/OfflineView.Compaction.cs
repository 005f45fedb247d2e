using Microsoft.Extensions.Logging;

namespace MlOps.Features;

internal sealed partial class OfflineView
{
    private const int MergeWidth = 16;
    private const long MaxMergedRows = 1 << 30;
    private readonly SemaphoreSlim _compaction = new(1, 1);
    private readonly Lock _backgroundGate = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;

    private int MaxSegments => Math.Max(4, _options.MaxSegments);

    /// <summary>What merges at the moment, done when nothing does.</summary>
    private Task BackgroundCompaction
    {
        get
        {
            lock (_backgroundGate)
                return _background;
        }
    }

    /// <summary>Merges neighbours until there are few enough segments; or all into one, without what nobody can ask for any more.</summary>
    public async ValueTask<CompactionResult> CompactAsync(bool whole, CancellationToken cancellationToken)
    {
        await _compaction.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await CompactAloneAsync(whole, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _compaction.Release();
        }
    }

    private void CompactInBackground()
    {
        lock (_backgroundGate)
        {
            if (_background.IsCompleted && !_stop.IsCancellationRequested)
                _background = Task.Run(RunAsync);
        }

        async Task RunAsync()
        {
            try
            {
                await CompactAsync(whole: false, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The store closes; the next ingestion goes on.
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                LogCompactionFailed(_logger, error, _id);
            }
        }
    }

    private void StopCompacting()
    {
        _stop.Cancel();
        // It ends at the next entity; the stores below it are about to close.
        BackgroundCompaction.GetAwaiter().GetResult();
    }

    private async ValueTask<CompactionResult> CompactAloneAsync(bool whole, CancellationToken cancellationToken)
    {
        var before = await ManifestAsync(null, cancellationToken).ConfigureAwait(false);
        var dropped = await DropExpiredAsync(before.Rows, cancellationToken).ConfigureAwait(false);
        var (manifest, merged) = (before, 0L);
        for (var conflicts = 0; conflicts < 8;)
        {
            manifest = await ManifestAsync(null, cancellationToken).ConfigureAwait(false);
            if (Choose(manifest.Rows, whole) is not { } chosen)
                break;
            if (await MergeAsync(chosen, cancellationToken).ConfigureAwait(false) is { } result)
            {
                merged += result.Rows;
                dropped += chosen.Sum(row => row.Rows) - result.Rows;
                if (whole)
                    break;
            }
            else
            {
                conflicts++;
            }
        }

        manifest = await ManifestAsync(null, cancellationToken).ConfigureAwait(false);
        return new CompactionResult(before.Rows.Count, manifest.Rows.Count, merged, dropped);
    }

    // Neighbours in commit order, those with the fewest rows first, so that arrival keeps its order and big segments stay.
    private List<ManifestRow>? Choose(List<ManifestRow> manifest, bool whole)
    {
        if (whole)
            return manifest.Count == 0 || manifest.Sum(row => row.Rows) > MaxMergedRows ? null : manifest;
        if (manifest.Count <= MaxSegments)
            return null;
        var width = Math.Min(MergeWidth, manifest.Count);
        var best = -1;
        var least = MaxMergedRows;
        for (var at = 0; at + width <= manifest.Count; at++)
        {
            var sum = manifest.Skip(at).Take(width).Sum(row => row.Rows);
            if (sum < least)
                (best, least) = (at, sum);
        }

        return best < 0 ? null : manifest.GetRange(best, width);
    }

    /// <summary>Merges segments into one; null when another process changed them meanwhile.</summary>
    private async ValueTask<SegmentSummary?> MergeAsync(List<ManifestRow> rows, CancellationToken cancellationToken)
    {
        var floor = await FloorAsync(cancellationToken).ConfigureAwait(false);
        using var all = await OpenAsync(cancellationToken).ConfigureAwait(false);
        var wanted = rows.Select(row => row.Id).ToHashSet();
        var parts = all.Segments.Where(segment => wanted.Contains(segment.Id)).ToArray();
        if (parts.Length != rows.Count)
            return null;
        var file = (await BeginSegmentsAsync(1, cancellationToken).ConfigureAwait(false))[0];
        SegmentSummary merged;
        try
        {
            // The parts' readers stay leased through "all"; this narrower view of them only directs the merge.
            using var writer = new SegmentWriter(_context.Files, PathOf(file), Plan, hasCommits: true);
            new SegmentMerger(new OfflineSnapshot(Plan, parts) { MinEvent = FirstRetained(floor.At), Erasures = all.Erasures }, writer, floor.Commit).Run(cancellationToken);
            merged = writer.Rows == 0 ? default : writer.Finish();
        }
        catch
        {
            Discard([file]);
            throw;
        }

        if (!await ReplaceAsync(rows, file, merged, all.Erasures, floor, cancellationToken).ConfigureAwait(false))
        {
            Discard([file]);
            return null;
        }

        foreach (var row in rows)
            _context.Files.Delete(PathOf(row.File));
        LogMerged(_logger, rows.Count, _id, merged.Rows);
        return merged;
    }

    private async ValueTask<bool> ReplaceAsync(List<ManifestRow> rows, string file, SegmentSummary merged, Erasures erasures, Floor floor, CancellationToken cancellationToken)
    {
        try
        {
            return await _area.WriteAsync(
                async (session, _) =>
                {
                    // An entity that was erased since the merge began may be in the new file.
                    if (!erasures.Covers(await ErasuresAsync(session).ConfigureAwait(false)))
                        return false;
                    var gone = 0;
                    foreach (var row in rows)
                        gone += await session.ExecuteAsync("DELETE FROM features_segments WHERE id = @id AND state = 1", ("id", row.Id)).ConfigureAwait(false);
                    if (gone != rows.Count)
                        throw new ConcurrencyConflictException($"Segments of {_id} were merged by another process at the same time.");
                    if (merged.Rows == 0)
                        await session.ExecuteAsync("DELETE FROM features_segments WHERE file = @file", ("file", file)).ConfigureAwait(false);
                    else
                        await ShowSegmentAsync(session, file, rows[^1].Commit, merged).ConfigureAwait(false);
                    if (merged.Rows != rows.Sum(row => row.Rows))
                        await RaiseFloorAsync(session, floor.At).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ConcurrencyConflictException)
        {
            // The other process's merge stands.
            return false;
        }
    }

    // Segments all of whose rows are beyond retention, at every moment that may be asked for, go without being read.
    private async ValueTask<long> DropExpiredAsync(List<ManifestRow> manifest, CancellationToken cancellationToken)
    {
        if (Plan.View.Retention is null || manifest.Count == 0)
            return 0;
        var floor = await FloorAsync(cancellationToken).ConfigureAwait(false);
        var first = FirstRetained(floor.At);
        var expired = manifest.Where(row => row.LastEvent < first).ToArray();
        if (expired.Length == 0)
            return 0;
        await _area.WriteAsync(
            async (session, _) =>
            {
                foreach (var row in expired)
                    await session.ExecuteAsync("DELETE FROM features_segments WHERE id = @id AND state = 1", ("id", row.Id)).ConfigureAwait(false);
                await RaiseFloorAsync(session, floor.At).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        foreach (var row in expired)
            _context.Files.Delete(PathOf(row.File));
        var rows = expired.Sum(row => row.Rows);
        LogExpired(_logger, expired.Length, _id, rows);
        return rows;
    }
}
