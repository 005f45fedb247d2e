using System.Globalization;
using System.Runtime.CompilerServices;
using MlOps.DuckDb.Native;
using MlOps.DuckDb.Reading;

namespace MlOps.DuckDb;

/// <summary>
/// Reads Parquet, CSV, JSON and DuckDB tables into data frames through DuckDB's SQL. In memory unless
/// <see cref="DuckDbOptions.DatabasePath"/> is set. Thread-safe: every query runs on a connection of its own, so temporary tables and
/// settings made by one query do not reach the next, while ordinary tables and views do.
/// </summary>
/// <remarks>
/// Column types: BOOLEAN; integers up to 32 bits as int, wider ones as long (checked); FLOAT, DOUBLE; DECIMAL as double; VARCHAR and ENUM as
/// string; TIMESTAMP of every unit, TIMESTAMPTZ and DATE as <see cref="Timestamp"/> (times without a zone are taken as UTC). Others give an
/// <see cref="InvalidInputException"/> that names the column and the expression to select instead. Query errors are
/// <see cref="InvalidInputException"/>, files and memory <see cref="StorageException"/>, both with DuckDB's message.
/// </remarks>
public sealed partial class DuckDbLake : IDisposable
{
    private readonly DatabaseHandle _database;
    private readonly int _batchRows;

    /// <summary>Opens DuckDB.</summary>
    /// <param name="options">How; null means the defaults.</param>
    /// <exception cref="StorageException">The native library or the database cannot be opened.</exception>
    /// <exception cref="InvalidDefinitionException">An option has a value that is not allowed.</exception>
    public DuckDbLake(DuckDbOptions? options = null)
    {
        options ??= new DuckDbOptions();
        Validate(options);
        DuckDbLibrary.EnsureLoaded();
        _batchRows = options.BatchRows;
        _database = Open(options);
        try
        {
            foreach (var statement in Settings(options))
                Run(statement);
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    /// <summary>The version of the native library, for instance v1.5.6.</summary>
    public static string LibraryVersion
    {
        get
        {
            DuckDbLibrary.EnsureLoaded();
            return DuckDbNative.Text(DuckDbNative.LibraryVersion()) ?? "";
        }
    }

    /// <summary>Runs one statement and streams its rows; memory holds one batch at a time.</summary>
    /// <param name="sql">The statement, with placeholders $name, $1 or ?.</param>
    /// <param name="parameters">Values by name ("1", "2" for ? and $1), bound, never put into the text.</param>
    /// <param name="cancellationToken">Interrupts DuckDB.</param>
    /// <returns>Batches of at least <see cref="DuckDbOptions.BatchRows"/> rows, except the last. None when there are no rows.</returns>
    public async IAsyncEnumerable<DataFrame> QueryAsync(
        string sql, IReadOnlyDictionary<string, object?>? parameters = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ObjectDisposedException.ThrowIf(_database.IsClosed, this);

        // DuckDB blocks its caller: it gets pool threads, a whole batch each time.
        using var cursor = await Task.Run(() => new DuckDbCursor(_database, sql, parameters), cancellationToken).ConfigureAwait(false);
        using var interrupt = cancellationToken.UnsafeRegister(static state => ((DuckDbCursor)state!).Interrupt(), cursor);
        await Task.Run(() => cursor.Execute(cancellationToken), cancellationToken).ConfigureAwait(false);
        while (await Task.Run(() => cursor.TryRead(_batchRows, cancellationToken, out var frame) ? frame : null, cancellationToken).ConfigureAwait(false) is { } batch)
            yield return batch;
    }

    /// <summary>Runs one statement and returns all its rows.</summary>
    /// <param name="sql">The statement, with placeholders $name, $1 or ?.</param>
    /// <param name="parameters">Values by name ("1", "2" for ? and $1), bound, never put into the text.</param>
    /// <param name="cancellationToken">Interrupts DuckDB.</param>
    /// <returns>The rows; the columns are there even when no row is.</returns>
    public async Task<DataFrame> ReadAsync(string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ObjectDisposedException.ThrowIf(_database.IsClosed, this);
        return await Task.Run(
            () =>
            {
                using var cursor = new DuckDbCursor(_database, sql, parameters);
                using var interrupt = cancellationToken.UnsafeRegister(static state => ((DuckDbCursor)state!).Interrupt(), cursor);
                cursor.Execute(cancellationToken);
                return cursor.TryRead(int.MaxValue, cancellationToken, out var frame) ? frame : cursor.Gathered();
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the database. Queries still being read keep it open until they end.</summary>
    public void Dispose() => _database.Dispose();

    private void Run(string sql)
    {
        using var cursor = new DuckDbCursor(_database, sql, null);
        cursor.Execute(default);
    }

    private static void Validate(DuckDbOptions options)
    {
        if (options.Threads is < 1)
            throw new InvalidDefinitionException($"DuckDbOptions.Threads is {options.Threads}: give at least 1, or null for one per core.");
        if (options.MemoryLimitBytes is < 16 * 1024 * 1024)
            throw new InvalidDefinitionException($"DuckDbOptions.MemoryLimitBytes is {options.MemoryLimitBytes}: DuckDB needs at least 16 MiB.");
        if (options.BatchRows < 1)
            throw new InvalidDefinitionException($"DuckDbOptions.BatchRows is {options.BatchRows}: give at least 1.");
    }

    private static DatabaseHandle Open(DuckDbOptions options)
    {
        if (DuckDbNative.CreateConfig(out var config) != 0)
            throw new StorageException("DuckDB could not allocate its configuration.");
        using (config)
        {
            Set("autoinstall_known_extensions", "false");
            Set("autoload_known_extensions", "false");
            Set("allow_community_extensions", "false");
            Set("preserve_insertion_order", options.PreserveOrder ? "true" : "false");
            if (options.Threads is { } threads)
                Set("threads", threads.ToString(CultureInfo.InvariantCulture));
            if (options.MemoryLimitBytes is { } bytes)
                Set("memory_limit", bytes.ToString(CultureInfo.InvariantCulture) + "B");
            if (options.TemporaryDirectory is { } directory)
                Set("temp_directory", directory);
            if (options.ReadOnly && options.DatabasePath is not null)
                Set("access_mode", "READ_ONLY");
            var status = DuckDbNative.OpenExt(options.DatabasePath, out var database, config, out var error);
            var message = DuckDbNative.TakeText(error);
            if (status == 0)
                return database;
            database.Dispose();
            throw new StorageException($"DuckDB could not open {options.DatabasePath ?? "a database in memory"}: {message}");

            void Set(string name, string value)
            {
                if (DuckDbNative.SetConfig(config, name, value) != 0)
                    throw new InvalidDefinitionException($"DuckDB {LibraryVersion} does not take {name}={value}.");
            }
        }
    }

    // Order matters: what is allowed must be named before access goes off, and the lock comes last.
    private static IEnumerable<string> Settings(DuckDbOptions options)
    {
        yield return "SET GLOBAL TimeZone = 'UTC'";
        if (options.AllowedPaths is not { } allowed)
            yield break;
        var files = allowed.Where(path => !Directory.Exists(path)).Select(Path.GetFullPath).ToArray();
        var directories = allowed.Where(Directory.Exists).Select(path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) + "/").ToArray();
        if (files.Length > 0)
            yield return $"SET GLOBAL allowed_paths = [{string.Join(", ", files.Select(Literal))}]";
        if (directories.Length > 0)
            yield return $"SET GLOBAL allowed_directories = [{string.Join(", ", directories.Select(Literal))}]";
        yield return "SET GLOBAL enable_external_access = false";
        yield return "SET GLOBAL lock_configuration = true";
    }

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
