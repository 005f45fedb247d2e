using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MlOps.Metadata;

/// <summary>
/// One connection with its statement cache. Transactions are begun and ended by result code and not by exception, because
/// Microsoft.Data.Sqlite answers a busy database with sleeps of 150 ms. Used by one caller at a time.
/// </summary>
internal sealed class SqliteLink : IDisposable
{
    private const int CachedStatements = 256;
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    public SqliteLink(string path, bool readOnly, SqliteMetadataOptions options)
    {
        Path = path;
        var settings = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = readOnly ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 1,
        };
        _connection = new SqliteConnection(settings.ToString());
        try
        {
            _connection.Open();
            // Only while opening: recovery and the change to WAL may wait for another process.
            raw.sqlite3_busy_timeout(Handle, (int)options.LockTimeout.TotalMilliseconds);
            Require("PRAGMA synchronous=FULL");
            Require("PRAGMA foreign_keys=ON");
            Require("PRAGMA trusted_schema=OFF");
            Require("PRAGMA cell_size_check=ON");
            Require("PRAGMA mmap_size=0");
            Require("PRAGMA journal_size_limit=67108864");
            if (!readOnly)
            {
                UseStablePlans();
                return;
            }

            Require("PRAGMA query_only=ON");
            // Searches probe indexes at random places; with SQLite's 2 MB they would read the same pages again and again.
            Require(string.Create(CultureInfo.InvariantCulture, $"PRAGMA cache_size=-{options.ReadCacheBytes / 1024}"));
        }
        catch (Exception exception)
        {
            _connection.Dispose();
            if (exception is SqliteException sqlite)
                throw SqliteErrors.Translate(sqlite.SqliteErrorCode, sqlite.SqliteExtendedErrorCode, sqlite.Message, path, "opening", sqlite);
            throw;
        }
    }

    public string Path { get; }

    /// <summary>Whether a transaction is open; SQLite may have ended it by itself after an I/O error or a full disk.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(Handle) == 0;

    private sqlite3 Handle => _connection.Handle!;

    /// <summary>Runs a statement without result and returns SQLite's code.</summary>
    public int Run(string sql) => raw.sqlite3_exec(Handle, sql);

    /// <summary>Copies the whole write-ahead log into the database and empties it; SQLite's code.</summary>
    public int EmptyLog() => raw.sqlite3_wal_checkpoint_v2(Handle, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);

    /// <summary>Runs a statement without result and throws unless it succeeds.</summary>
    public void Require(string sql)
    {
        var code = Run(sql);
        if (code != raw.SQLITE_OK)
            throw Error(code, sql);
    }

    public MlOpsException Error(int code, string operation) =>
        SqliteErrors.Translate(code, raw.sqlite3_extended_errcode(Handle), raw.sqlite3_errmsg(Handle).utf8_to_string(), Path, operation);

    // Writes are short and always the same: their plans go by the text alone. Otherwise a table with a partial index has each of its
    // statements planned anew for every value, which costs more than its run. Searches gain from plans that know the values.
    private void UseStablePlans()
    {
        var code = raw.sqlite3_db_config(Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _);
        if (code != raw.SQLITE_OK)
            throw Error(code, "the setting ENABLE_QPSG");
    }

    /// <summary>Ends the waiting inside SQLite; from here on the callers wait by themselves.</summary>
    public void StopWaiting() => raw.sqlite3_busy_timeout(Handle, 0);

    public void Rollback()
    {
        if (InTransaction)
            _ = Run("ROLLBACK");
    }

    /// <summary>The error of a statement that failed just now.</summary>
    public SqliteStatementException StatementError(int code, string sql) =>
        new(code, raw.sqlite3_extended_errcode(Handle), $"'{raw.sqlite3_errmsg(Handle).utf8_to_string()}'", sql);

    /// <summary>A statement from the cache, or a new one; give it back after use.</summary>
    public SqliteStatement Rent(string sql) =>
        _statements.Remove(sql, out var statement)
            ? statement
            : SqliteStatement.Prepare(Handle, sql, out var code) ?? throw StatementError(code, sql);

    public void Return(SqliteStatement statement, bool reusable)
    {
        statement.Reset();
        if (!reusable)
        {
            statement.Dispose();
            return;
        }

        if (_statements.Count >= CachedStatements)
            Forget();
        if (!_statements.TryAdd(statement.Sql, statement))
            statement.Dispose();
    }

    public void Dispose()
    {
        Forget();
        _connection.Dispose();
    }

    private void Forget()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        _statements.Clear();
    }
}
