using Microsoft.Extensions.Logging;

namespace MlOps.Features;

internal sealed partial class FeatureQuarantine
{
    /// <summary>Removes what a crash left behind and what is older than the bound.</summary>
    public async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        // Files first, as with segments: a file whose row comes later cannot be seen here.
        var files = context.Files.ListFiles(root, recursive: true);
        var now = Now;
        await area.WriteAsync(
            async (session, _) =>
            {
                await session.ExecuteAsync("DELETE FROM features_quarantine WHERE state = 0 AND created_at < @before", ("before", now - options.OrphanAge)).ConfigureAwait(false);
                return await session.ExecuteAsync("DELETE FROM features_quarantine WHERE state >= 2 AND closed_at < @before", ("before", now - options.Quarantine.MaxAge)).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        await DropOldestAsync(cancellationToken).ConfigureAwait(false);
        if (files.Count == 0)
            return;
        var named = await area.ReadAsync(
            async (session, _) => await session.QueryAsync("SELECT id FROM features_quarantine WHERE state <= 1", row => row.GetString(0)).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var known = named.ToHashSet(StringComparer.Ordinal);
        foreach (var path in files)
        {
            if (known.Contains(Path.GetFileName(path).Split('.')[0]))
                continue;
            context.Files.Delete(path);
            LogSwept(_logger, path);
        }
    }

    /// <summary>Discards the kept batches of a view that hold an entity which is to be forgotten; how many there were.</summary>
    public async ValueTask<int> EraseAsync(string view, Func<DataFrame, bool> holds, CancellationToken cancellationToken)
    {
        var held = await area.ReadAsync(
            async (session, _) => await session.QueryAsync($"SELECT {Columns} FROM features_quarantine WHERE state = 1 AND view_name = @view", Read, ("view", view)).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var erased = 0;
        foreach (var batch in held)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!MayHold(batch, holds))
                continue;
            await CloseAsync(batch, QuarantineState.Discarded, "it held an entity that was erased").ConfigureAwait(false);
            erased++;
        }

        return erased;
    }

    // What cannot be read cannot be looked through.
    private bool MayHold(QuarantinedBatch batch, Func<DataFrame, bool> holds)
    {
        try
        {
            return holds(Load(batch));
        }
        catch (CorruptDataException)
        {
            return true;
        }
    }

    private async ValueTask DropOldestAsync(CancellationToken cancellationToken)
    {
        var held = await area.ReadAsync(
            async (session, _) => await session.QueryAsync($"SELECT {Columns} FROM features_quarantine WHERE state = 1 ORDER BY created_at DESC, id DESC", Read).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        var before = Now - options.Quarantine.MaxAge;
        var bytes = 0L;
        foreach (var batch in held)
        {
            bytes += batch.Bytes;
            if (bytes <= options.Quarantine.MaxBytes && batch.At >= before)
                continue;
            await CloseAsync(batch, QuarantineState.Dropped, batch.At < before ? "older than the quarantine keeps batches" : "the quarantine is full").ConfigureAwait(false);
            LogDropped(_logger, batch.Id, batch.Key, batch.View, batch.Rows);
        }
    }

    [LoggerMessage(EventId = 3040, Level = LogLevel.Warning, Message = "Quarantined {Rows} rows of batch {Batch} for {View}, which failed its checks, as {Id}")]
    private static partial void LogHeld(ILogger logger, int rows, string batch, string view, string id);

    [LoggerMessage(EventId = 3041, Level = LogLevel.Warning, Message = "Dropped quarantined batch {Id} ({Batch} for {View}, {Rows} rows): it was the oldest beyond the quarantine's bounds")]
    private static partial void LogDropped(ILogger logger, string id, string batch, string view, long rows);

    [LoggerMessage(EventId = 3042, Level = LogLevel.Warning, Message = "Batch {Batch} for {View} failed its checks and is not kept: {Bytes} bytes are more than the quarantine's {MaxBytes}")]
    private static partial void LogTooLarge(ILogger logger, string batch, string view, long bytes, long maxBytes);

    [LoggerMessage(EventId = 3043, Level = LogLevel.Information, Message = "Removed {Path}, which an interrupted quarantine left behind")]
    private static partial void LogSwept(ILogger logger, string path);
}
