using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace MlOps.Metadata;

/// <summary>
/// One writer thread with group commit, and read connections that callers use on their own threads.
/// Opening and stamps: <c>.Open</c>; writes: <c>.Writes</c>.
/// </summary>
internal sealed partial class SqliteMetadataEngine : IMetadataStore
{
    private readonly string _path;
    private readonly SqliteMetadataOptions _options;
    private readonly ILogger _logger;
    private readonly ConcurrentBag<SqliteLink> _idleReaders = [];
    private int _idleCount;
    private int _disposed;

    public SqliteMetadataEngine(string path, string environmentName, SqliteMetadataOptions options)
    {
        _path = path;
        _options = options;
        _logger = options.LoggerFactory.CreateLogger("MlOps.Metadata");
        EnvironmentName = environmentName;
        var native = SqliteNative.EnsureLoaded();
        if (native.ShouldWarn())
            LogNativeWarning(_logger, native.Warning!);
        _writer = OpenStamped();
        LogOpened(_logger, path, environmentName, native.Version);
        _thread = new Thread(WriteLoop) { IsBackground = true, Name = "MlOps metadata writer: " + environmentName };
        _thread.Start();
    }

    public string EnvironmentName { get; }

    public SqlDialect Dialect => SqlDialect.Sqlite;

    public async ValueTask<T> ReadAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(read);
        var started = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var link = RentReader();
            var session = new SqliteSession(link);
            try
            {
                link.Require("BEGIN");
                return await read(session, cancellationToken).ConfigureAwait(false);
            }
            catch (MlOpsException exception) when (session.MetBusy)
            {
                if (Stopwatch.GetElapsedTime(started) > _options.LockTimeout)
                    throw LockTimedOut(exception);
            }
            finally
            {
                session.Close();
                link.Rollback();
                ReturnReader(link, !session.BrokeConnection && !link.InTransaction);
            }

            await Task.Delay(Backoff(attempt), cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _wake.Set();
        await _finished.Task.ConfigureAwait(false);
        while (_idleReaders.TryTake(out var link))
            link.Dispose();
        _writer?.Dispose();
        _wake.Dispose();
    }

    private static TimeSpan Backoff(int attempt)
    {
        // Short and random: SQLite serves no queue between processes, so whoever asks often enough gets its turn.
        var ceiling = Math.Min(8.0, 0.5 * Math.Pow(1.5, attempt));
        return TimeSpan.FromMilliseconds(ceiling * (0.5 + (0.5 * Random.Shared.NextDouble())));
    }

    private StorageException LockTimedOut(Exception? inner = null) =>
        new($"SQLite metadata store '{_path}': another process has held the lock for {_options.LockTimeout.TotalSeconds:0.#} s. " +
            "End the process that hangs inside a transaction, or raise SqliteMetadataOptions.LockTimeout.", inner);

    private SqliteLink RentReader()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (_idleReaders.TryTake(out var link))
        {
            Interlocked.Decrement(ref _idleCount);
            return link;
        }

        link = new SqliteLink(_path, readOnly: true, _options);
        link.StopWaiting();
        return link;
    }

    private void ReturnReader(SqliteLink link, bool healthy)
    {
        if (healthy && Volatile.Read(ref _disposed) == 0 && Interlocked.Increment(ref _idleCount) <= _options.IdleReaders)
        {
            _idleReaders.Add(link);
            // A dispose that ran in between has emptied the bag already.
            if (Volatile.Read(ref _disposed) != 0 && _idleReaders.TryTake(out var late))
                late.Dispose();
            return;
        }

        if (healthy && Volatile.Read(ref _disposed) == 0)
            Interlocked.Decrement(ref _idleCount);
        link.Dispose();
    }
}
