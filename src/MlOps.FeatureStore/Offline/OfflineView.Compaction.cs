namespace MlOps.Features;

internal sealed partial class OfflineView
{
    private const int MergeWidth = 16;
    private const long MaxMergedRows = 1 << 23;

    // Neighbours in commit order are merged, those with the fewest rows first, so that arrival keeps its order and big segments stay.
    private async ValueTask CompactAsync(CancellationToken cancellationToken)
    {
        if (!await _compaction.WaitAsync(0, cancellationToken).ConfigureAwait(false))
            return;
        try
        {
            var manifest = await ManifestAsync(cancellationToken).ConfigureAwait(false);
            if (manifest.Count <= Math.Max(4, _options.MaxSegments))
                return;
            var width = Math.Min(MergeWidth, manifest.Count);
            var sums = Enumerable.Range(0, manifest.Count - width + 1).Select(at => manifest.Skip(at).Take(width).Sum(row => row.Rows)).ToArray();
            var best = Array.IndexOf(sums, sums.Min());
            if (sums[best] <= MaxMergedRows)
                await MergeAsync(manifest.GetRange(best, width), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _compaction.Release();
        }
    }

    private async ValueTask MergeAsync(List<ManifestRow> rows, CancellationToken cancellationToken)
    {
        using var all = await OpenAsync(cancellationToken).ConfigureAwait(false);
        var wanted = rows.Select(row => row.Id).ToHashSet();
        var parts = all.Segments.Where(segment => wanted.Contains(segment.Id)).ToArray();
        if (parts.Length != rows.Count)
            return;
        // The parts' readers stay leased through "all"; this narrower view of them only directs the merge.
        var merged = Merge(new OfflineSnapshot(Plan, _keys, parts));
        var file = await BeginSegmentAsync(cancellationToken).ConfigureAwait(false);
        var bytes = SegmentWriter.Write(_context.Files, PathOf(file), Plan, merged);
        try
        {
            await _area.WriteAsync(
                async (session, _) =>
                {
                    var gone = 0;
                    foreach (var row in rows)
                        gone += await session.ExecuteAsync("DELETE FROM features_segments WHERE id = @id AND state = 1", ("id", row.Id)).ConfigureAwait(false);
                    if (gone != rows.Count)
                        throw new ConcurrencyConflictException($"Segments of {_id} were merged by another process at the same time.");
                    await ShowSegmentAsync(session, file, rows[^1].Commit, merged, bytes).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ConcurrencyConflictException)
        {
            // The other process's merge stands; the intent row stays for the sweep.
            _context.Files.Delete(PathOf(file));
            return;
        }

        foreach (var row in rows)
            _context.Files.Delete(PathOf(row.File));
        LogMerged(_logger, rows.Count, _id, merged.Count);
    }

    internal static SortedRows Merge(OfflineSnapshot snapshot)
    {
        var plan = snapshot.Plan;
        var total = snapshot.Segments.Sum(segment => segment.Reader.Rows);
        var events = new long[total];
        var available = snapshot.Segments.Any(segment => segment.Reader.HasAvailable) ? new long[total] : events;
        var commits = new long[total];
        var units = plan.Fixed.Select(_ => new long[total]).ToArray();
        var hashed = plan.Hashed.Select(_ => new long[total]).ToArray();
        var plain = plan.Plain.Select(column => FeatureOutput.Create(column.Type, total)).ToArray();
        var rows = Array.Empty<int>();
        var starts = new List<int> { 0 };
        var keys = plan.View.Keys.Select(_ => new List<string>()).ToArray();
        var scratch = new EntityRows(plan);
        var at = 0;
        for (var entity = 0; entity < snapshot.Keys.Count; entity++)
        {
            scratch.Load(snapshot, entity, long.MinValue, long.MaxValue - 1, everyRow: true);
            if (scratch.Count == 0)
                continue;
            scratch.Event.AsSpan(0, scratch.Count).CopyTo(events.AsSpan(at));
            if (!ReferenceEquals(available, events))
                scratch.Available.AsSpan(0, scratch.Count).CopyTo(available.AsSpan(at));
            scratch.Commit.AsSpan(0, scratch.Count).CopyTo(commits.AsSpan(at));
            for (var c = 0; c < units.Length; c++)
                scratch.Fixed[c].AsSpan(0, scratch.Count).CopyTo(units[c].AsSpan(at));
            for (var c = 0; c < hashed.Length; c++)
                scratch.Hashed[c].AsSpan(0, scratch.Count).CopyTo(hashed[c].AsSpan(at));
            if (plain.Length > 0)
            {
                if (rows.Length < scratch.Count)
                    rows = [.. Enumerable.Range(0, scratch.Count * 2)];
                var places = Enumerable.Range(at, scratch.Count).ToArray();
                for (var c = 0; c < plain.Length; c++)
                    scratch.Gather(c, rows.AsSpan(0, scratch.Count), places, plain[c]);
            }

            at += scratch.Count;
            starts.Add(at);
            var key = snapshot.Keys.KeyOf(entity);
            for (var p = 0; p < keys.Length; p++)
                keys[p].Add(key[p]);
        }

        return new SortedRows
        {
            Keys = [.. keys.Select(part => part.ToArray())],
            Starts = [.. starts],
            Event = events,
            Available = available,
            Commit = commits,
            Fixed = units,
            Hashed = hashed,
            Plain = [.. plain.Select((column, c) => column.Build(plan.Plain[c].Column))],
        };
    }
}
