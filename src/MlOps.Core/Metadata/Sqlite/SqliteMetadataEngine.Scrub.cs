using System.Diagnostics;
using SQLitePCL;

namespace MlOps.Metadata;

internal sealed partial class SqliteMetadataEngine
{
    /// <inheritdoc />
    public async ValueTask ScrubAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        // A connection of its own, as of another process: the writer goes on.
        using var link = new SqliteLink(_path, readOnly: false, _options);
        link.StopWaiting();
        var started = Stopwatch.GetTimestamp();
        // Written anew, the database has no unused pages; then its log, which holds the old ones, is emptied.
        await UntilFreeAsync(() => link.Run("VACUUM"), "VACUUM").ConfigureAwait(false);
        await UntilFreeAsync(link.EmptyLog, "the checkpoint").ConfigureAwait(false);

        async ValueTask UntilFreeAsync(Func<int> run, string what)
        {
            for (var attempt = 0; ; attempt++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var code = run();
                if (code == raw.SQLITE_OK)
                    return;
                if (!SqliteErrors.IsBusy(code))
                    throw link.Error(code, what);
                if (Stopwatch.GetElapsedTime(started) > _options.LockTimeout)
                    throw LockTimedOut();
                await Task.Delay(Backoff(attempt), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
