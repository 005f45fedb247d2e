namespace MlOps.Features;

internal sealed partial class StreamPartition
{
    private async Task ApplyAsync()
    {
        try
        {
            StreamItem? next = null;
            while (next is not null || await _read.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                var group = new List<StreamItem>();
                var rows = 0;
                DataFrame? shape = null;
                while (next is not null || _read.Reader.TryRead(out next))
                {
                    if (group.Count > 0 && (rows + next.Rows.RowCount > _job.PushRows || !next.HasColumnsOf(shape) || IsPushed(next) != IsPushed(group[0]) || IsLanded(next) != IsLanded(group[0])))
                        break;
                    group.Add(next);
                    rows += next.Rows.RowCount;
                    shape ??= next.Rows.RowCount > 0 ? next.Rows : null;
                    next = null;
                }

                if (group.Count > 0)
                    await ApplyAsync(StreamItem.Join(group)).ConfigureAwait(false);
            }
        }
        finally
        {
            _applied.Writer.TryComplete();
        }
    }

    private bool IsPushed(StreamItem item) => item.Last <= _onlineAtStart;

    private bool IsLanded(StreamItem item) => item.Last <= _landedAtStart;

    private async ValueTask ApplyAsync(StreamItem item)
    {
        foreach (var record in item.Unreadable)
            await _run.Poison.AddAsync(new PoisonRecord(_job.Name, Name, record.Offset, record.Error, record.Content), CancellationToken.None).ConfigureAwait(false);
        RowBatch? batch = null;
        if (item.Rows.RowCount > 0)
            item = await CheckAsync(item).ConfigureAwait(false);
        if (item.Rows.RowCount > 0)
            (item, batch) = await SiftAsync(item).ConfigureAwait(false);

        var isPushed = IsPushed(item);
        var late = batch is null ? [] : FindLate(batch, isPushed);
        if (!isPushed)
        {
            // Also without rows: the offset says that the records were looked at.
            var online = batch ?? Empty(item.Rows);
            if (late.Count > 0 && _job.LateRows == LateRows.OfflineOnly)
            {
                var left = new HashSet<int>(late);
                online = _run.Store.ReadPushed(_view, item.Rows.Take(Enumerable.Range(0, item.Rows.RowCount).Where(row => !left.Contains(row)).ToArray()));
            }

            if (online is not null)
                await _run.Store.PushCheckedAsync(_view, online, OnlineSource, item.Last).ConfigureAwait(false);
            _run.CountApplied(online?.Count ?? 0, late.Count);
            Interlocked.Add(ref _lateRows, late.Count);
            Volatile.Write(ref _online, item.Last);
        }

        if (_job.LandOffline && !IsLanded(item))
        {
            _applied.Writer.TryWrite(new LandItem(item, batch, _time.Newest, Interlocked.Read(ref _lateRows)));
            return;
        }

        _budget.Give(item.Taken);
        await CheckpointAsync(_job.LandOffline ? Math.Min(item.Last, _landed) : item.Last).ConfigureAwait(false);
    }

    // Record by record, so that it does not matter how the stream was cut: after a crash the same ones are set aside.
    private async ValueTask<StreamItem> CheckAsync(StreamItem item)
    {
        if (_view.Checks is not { } checks || checks.Run(item.Rows).Passed)
            return item;
        var kept = new List<int>();
        for (int start = 0, end; start < item.Offsets.Length; start = end)
        {
            end = start + 1;
            while (end < item.Offsets.Length && item.Offsets.Span[end] == item.Offsets.Span[start])
                end++;
            if (checks.Run(item.Rows.Slice(start, end - start)) is { Passed: false } report)
                await SetAsideAsync(item, start, end, report.Describe()).ConfigureAwait(false);
            else
                kept.AddRange(Enumerable.Range(start, end - start));
        }

        return Only(item, [.. kept]);
    }

    private static StreamItem Only(StreamItem item, int[] rows)
    {
        var offsets = item.Offsets;
        return item with { Rows = item.Rows.Take(rows), Offsets = Array.ConvertAll(rows, row => offsets.Span[row]) };
    }

    private async ValueTask SetAsideAsync(StreamItem item, int start, int end, string error)
    {
        using var lines = new MemoryStream();
        item.Rows.Slice(start, Math.Min(end - start, 100)).WriteJsonLines(lines);
        var content = System.Text.Encoding.UTF8.GetString(lines.GetBuffer(), 0, (int)lines.Length);
        await _run.Poison.AddAsync(new PoisonRecord(_job.Name, Name, item.Offsets.Span[start], error, content), CancellationToken.None).ConfigureAwait(false);
    }

    private RowBatch? Empty(DataFrame rows)
    {
        try
        {
            return _run.Store.ReadPushed(_view, rows.Slice(0, 0));
        }
        catch (InvalidInputException)
        {
            // Not even the columns fit: the offset is moved by the next rows that do.
            return null;
        }
    }

    /// <summary>Reads the rows; where that is refused, finds the records at fault and sets them aside.</summary>
    private async ValueTask<(StreamItem Item, RowBatch? Batch)> SiftAsync(StreamItem item)
    {
        try
        {
            return (item, _run.Store.ReadPushed(_view, item.Rows));
        }
        catch (InvalidInputException)
        {
            var kept = new List<int>();
            await SiftAsync(item, 0, item.Offsets.Length, kept).ConfigureAwait(false);
            var sound = Only(item, [.. kept]);
            return (sound, kept.Count == 0 ? null : _run.Store.ReadPushed(_view, sound.Rows));
        }
    }

    private async ValueTask SiftAsync(StreamItem item, int start, int end, List<int> kept)
    {
        string error;
        try
        {
            _run.Store.ReadPushed(_view, item.Rows.Slice(start, end - start));
            kept.AddRange(Enumerable.Range(start, end - start));
            return;
        }
        catch (InvalidInputException refused)
        {
            error = refused.Message;
        }

        // Split between records; a single one that is refused is set aside.
        var middle = (start + end) / 2;
        while (middle > start && item.Offsets.Span[middle] == item.Offsets.Span[middle - 1])
            middle--;
        if (middle == start)
        {
            middle = start + 1;
            while (middle < end && item.Offsets.Span[middle] == item.Offsets.Span[start])
                middle++;
        }

        if (middle == end)
        {
            await SetAsideAsync(item, start, end, error).ConfigureAwait(false);
            return;
        }

        await SiftAsync(item, start, middle, kept).ConfigureAwait(false);
        await SiftAsync(item, middle, end, kept).ConfigureAwait(false);
    }

    // Row by row, so that it does not matter how the stream was cut: the watermark moves with each row, as far as other partitions let it.
    private List<int> FindLate(RowBatch batch, bool isPushed)
    {
        var late = new List<int>();
        var (watermark, others) = _run.Clock.Beside(_time);
        var disorder = _job.MaxOutOfOrderness.Ticks / 10;
        var allowed = _job.AllowedLateness.Ticks / 10;
        var newest = Math.Max(_time.Newest, _run.Clock.Read(_time).Watermark is var own && own != long.MinValue ? own + disorder : long.MinValue);
        var events = batch.Event;
        for (var row = 0; row < batch.Count; row++)
        {
            if (newest != long.MinValue && Math.Min(newest - disorder, others) is var reached && reached > watermark)
                watermark = reached;
            if (watermark != long.MinValue && events[row] < watermark - allowed && !isPushed)
                late.Add(row);
            if (events[row] > newest)
                newest = events[row];
        }

        if (batch.Count > 0)
            _run.Clock.Observe(_time, newest);
        _run.Clock.Watermark();
        return late;
    }
}
