namespace MlOps.Features;

internal sealed partial class StreamPartition
{
    private async Task ReadAsync()
    {
        var stop = _run.Reading;
        try
        {
            var from = From;
            var ids = _job.EventIdColumn is { } column ? new EventIds(column, _job.DuplicateWindow) : null;
            var begin = from;
            if (ids is not null && from >= 0)
            {
                // Which events came shortly before is read from the stream again.
                var range = await _job.Source.GetRangeAsync(Name, stop).ConfigureAwait(false);
                begin = Math.Max(from - _job.DuplicateWindow, Math.Max(-1, Math.Min(range.First - 1, from)));
            }

            var last = begin;
            await foreach (var records in _job.Source.ReadAsync(Name, begin, stop).ConfigureAwait(false))
            {
                await _run.GoAsync(stop).ConfigureAwait(false);
                if (records.Offsets.Length != records.Rows.RowCount)
                    throw new InvalidInputException($"Source '{_job.Source.Name}' delivered {records.Rows.RowCount} rows with {records.Offsets.Length} offsets; each row has one.");
                var (rows, offsets) = Behind(records, last);
                last = Math.Max(last, records.Last);
                var unreadable = records.Unreadable.Where(record => record.Offset > from).ToArray();
                if (ids?.Filter(rows, offsets.Span) is { } kept)
                {
                    _run.CountDuplicates(rows.RowCount - kept.Length);
                    rows = rows.Take(kept);
                    var all = offsets;
                    offsets = Array.ConvertAll(kept, row => all.Span[row]);
                }

                await SendAsync(rows, offsets, unreadable, last, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped: what was read is brought in.
        }
        finally
        {
            _read.Writer.TryComplete();
        }
    }

    // A source may deliver a record again, with others around it.
    private (DataFrame Rows, ReadOnlyMemory<long> Offsets) Behind(StreamRecords records, long last)
    {
        var offsets = records.Offsets.Span;
        for (var i = 1; i < offsets.Length; i++)
        {
            if (offsets[i] < offsets[i - 1])
                throw new InvalidInputException($"Source '{_job.Source.Name}' delivered offset {offsets[i]} of partition '{Name}' behind {offsets[i - 1]} in one delivery; offsets ascend.");
        }

        var start = EntityRows.LowerBound(offsets, last + 1);
        if (start == 0)
            return (records.Rows, records.Offsets);
        _run.CountDuplicates(start);
        return (records.Rows.Slice(start, offsets.Length - start), records.Offsets[start..]);
    }

    // Cut so that an item lies on one side of each of the offsets from which the job resumed. A record is never torn apart.
    private async ValueTask SendAsync(DataFrame rows, ReadOnlyMemory<long> offsets, UnreadableRecord[] unreadable, long last, CancellationToken stop)
    {
        var boundary = Math.Max(_onlineAtStart, _landedAtStart);
        var sent = From;
        for (var at = EntityRows.LowerBound(offsets.Span, From + 1); at < offsets.Length;)
        {
            var end = offsets.Span[at] <= boundary ? EntityRows.LowerBound(offsets.Span, boundary + 1) : offsets.Length;
            var take = Math.Min(end - at, _job.PushRows);
            while (at + take < end && offsets.Span[at + take] == offsets.Span[at + take - 1])
                take++;
            sent = offsets.Span[at + take - 1];
            await SendAsync(new StreamItem(rows.Slice(at, take), offsets.Slice(at, take), sent, [], take), stop).ConfigureAwait(false);
            at += take;
        }

        // What yields no rows moves the offset all the same.
        if (last > sent || unreadable.Length > 0)
            await SendAsync(new StreamItem(rows.Slice(0, 0), default, Math.Max(last, sent), unreadable, 1), stop).ConfigureAwait(false);
    }

    private async ValueTask SendAsync(StreamItem item, CancellationToken stop)
    {
        await _budget.TakeAsync(item.Taken, stop).ConfigureAwait(false);
        _read.Writer.TryWrite(item);
    }
}
