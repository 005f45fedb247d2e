using System.Globalization;

namespace MlOps.Features;

internal sealed partial class StreamPartition
{
    private async Task LandAsync()
    {
        var reader = _applied.Reader;
        var group = new List<LandItem>();
        var rows = 0;
        var began = 0L;
        DataFrame? shape = null;
        while (true)
        {
            while (rows < _job.LandRows && reader.TryRead(out var item))
            {
                if (group.Count > 0 && !item.Item.HasColumnsOf(shape))
                {
                    await LandAsync(group).ConfigureAwait(false);
                    rows = 0;
                }

                if (group.Count == 0)
                    (began, shape) = (_run.Time.GetTimestamp(), null);
                group.Add(item);
                shape ??= item.Item.Rows.RowCount > 0 ? item.Item.Rows : null;
                rows += item.Item.Rows.RowCount;
            }

            var isDue = group.Count > 0 && _run.Time.GetElapsedTime(began) >= _job.LandEvery;
            // When the budget is used up nothing more will come: waiting longer would wait for ever.
            if (rows >= _job.LandRows || isDue || (group.Count > 0 && _budget.IsUsedUp))
            {
                await LandAsync(group).ConfigureAwait(false);
                rows = 0;
                continue;
            }

            if (!await MoreAsync(group.Count == 0 ? null : _job.LandEvery - _run.Time.GetElapsedTime(began)).ConfigureAwait(false))
                break;
        }

        await LandAsync(group).ConfigureAwait(false);
    }

    // False when nothing more will come. True also when it is time to land, or the budget is used up.
    private async ValueTask<bool> MoreAsync(TimeSpan? wait)
    {
        var more = _applied.Reader.WaitToReadAsync().AsTask();
        if (wait is not { } time || more.IsCompleted)
            return await more.ConfigureAwait(false);
        using var stop = new CancellationTokenSource();
        var due = Task.Delay(time, _run.Time, stop.Token);
        var first = await Task.WhenAny(more, due, _budget.UsedUp()).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        return first != more || await more.ConfigureAwait(false);
    }

    private async ValueTask LandAsync(List<LandItem> group)
    {
        if (group.Count == 0)
            return;
        var item = StreamItem.Join([.. group.Select(part => part.Item)]);
        var last = item.Last;
        var (newest, late) = (group[^1].NewestEvent, group[^1].LateRows);
        if (item.Rows.RowCount == 0)
        {
            await _run.Offsets.MoveAsync(_view, _job.Name, _part, last, newest, late, CancellationToken.None).ConfigureAwait(false);
        }
        else
        {
            var batch = group.Count == 1 && group[0].Batch is { } read ? read : RowBatchReader.Read(_view.Plan, item.Rows);
            var key = string.Create(CultureInfo.InvariantCulture, $"stream/{_job.Name}/{_part}/{_landed + 1:D12}-{last:D12}");
            await _run.Store.OfflineOf(_view.Name).IngestAsync(
                batch, key, session => _run.Offsets.MoveAsync(session, _view, _job.Name, _part, last, newest, late), CancellationToken.None).ConfigureAwait(false);
            StreamMetrics.Landed(_job, batch.Count);
        }

        Volatile.Write(ref _landed, last);
        group.Clear();
        _budget.Give(item.Taken);
        await CheckpointAsync(Math.Min(last, Volatile.Read(ref _online))).ConfigureAwait(false);
    }
}
