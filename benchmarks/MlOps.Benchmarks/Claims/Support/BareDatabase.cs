using Microsoft.Data.Sqlite;

namespace MlOps.Benchmarks.Claims.Support;

/// <summary>
/// SQLite as a careful programmer would use it by hand: write-ahead log, synchronous=FULL, one IMMEDIATE transaction of prepared
/// statements. The baseline of every durable write.
/// </summary>
internal sealed class BareDatabase : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _update;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _commit;

    public BareDatabase(string folder)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "bare.db"), Pooling = false }.ToString());
        _connection.Open();
        Command("PRAGMA journal_mode=WAL").ExecuteNonQuery();
        Command("PRAGMA synchronous=FULL").ExecuteNonQuery();
        Command("CREATE TABLE state (id INTEGER PRIMARY KEY, value TEXT)").ExecuteNonQuery();
        Command("CREATE TABLE history (id INTEGER PRIMARY KEY, state INTEGER, value TEXT, at INTEGER)").ExecuteNonQuery();
        Command("INSERT INTO state VALUES (1, '')").ExecuteNonQuery();
        // A log that has been through a checkpoint is overwritten and not extended, which makes a commit several times cheaper:
        // the baseline stands as a database in use does.
        Command("INSERT INTO history (state, value, at) VALUES (1, hex(randomblob(8000000)), 0)").ExecuteNonQuery();
        Command("DELETE FROM history").ExecuteNonQuery();
        Command("PRAGMA wal_checkpoint(RESTART)").ExecuteNonQuery();
        _begin = Command("BEGIN IMMEDIATE");
        _update = Command("UPDATE state SET value = $value WHERE id = 1");
        _insert = Command("INSERT INTO history (state, value, at) VALUES (1, $value, $at)");
        _commit = Command("COMMIT");
        _update.Parameters.Add("$value", SqliteType.Text);
        _insert.Parameters.Add("$value", SqliteType.Text);
        _insert.Parameters.Add("$at", SqliteType.Integer);
    }

    /// <summary>One durable change: an update and a row of history.</summary>
    public long Change(int number) => Change(number, 1);

    /// <summary>The same with so many rows of history in one transaction.</summary>
    public long Change(int number, int rows)
    {
        _begin.ExecuteNonQuery();
        string value = $"value {number % 1000}";
        _update.Parameters[0].Value = value;
        long changed = _update.ExecuteNonQuery();
        for (int i = 0; i < rows; i++)
        {
            _insert.Parameters[0].Value = value;
            _insert.Parameters[1].Value = (long)number + i;
            changed += _insert.ExecuteNonQuery();
        }

        _commit.ExecuteNonQuery();
        return changed;
    }

    public void Dispose()
    {
        _begin.Dispose();
        _update.Dispose();
        _insert.Dispose();
        _commit.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
}
