using System.Data.Common;

namespace MlOps.Metadata;

/// <summary>The statements of one delegate; refuses work after the delegate has ended.</summary>
internal sealed class SqliteSession(SqliteLink link) : ICommitNotifier
{
    private bool _closed;
    private List<Action>? _afterCommit;

    /// <summary>A statement met a lock of another process, even when the delegate has swallowed the exception.</summary>
    public bool MetBusy { get; private set; }

    /// <summary>A statement failed so that the connection must be opened anew.</summary>
    public bool BrokeConnection { get; private set; }

    public ValueTask<int> ExecuteAsync(string sql, params (string Name, object? Value)[] parameters) =>
        new(Run(sql, parameters, static (rows, statement, _) =>
        {
            while (rows.Read())
            {
            }

            return statement.Changes();
        }, 0));

    public ValueTask<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] parameters)
    {
        ArgumentNullException.ThrowIfNull(map);
        return new(Run(sql, parameters, static (rows, _, map) =>
        {
            var mapped = new List<T>();
            while (rows.Read())
                mapped.Add(map(rows));
            return mapped;
        }, map));
    }

    public ValueTask<long?> ScalarAsync(string sql, params (string Name, object? Value)[] parameters) =>
        new(Run(sql, parameters, static (rows, statement, _) =>
        {
            if (!rows.Read())
                return (long?)null;
            long? number = SQLitePCL.raw.sqlite3_column_type(statement.Handle, 0) switch
            {
                SQLitePCL.raw.SQLITE_NULL => null,
                SQLitePCL.raw.SQLITE_INTEGER => rows.GetInt64(0),
                SQLitePCL.raw.SQLITE_FLOAT => checked((long)rows.GetDouble(0)),
                _ => throw new InvalidInputException($"The query '{statement.Sql}' yields '{rows.GetValue(0)}' where a number was expected."),
            };
            // A change with RETURNING is done when its last row has been read.
            while (!statement.IsReadOnly && rows.Read())
            {
            }

            return number;
        }, 0));

    public void AfterCommit(Action action) => (_afterCommit ??= []).Add(action);

    /// <summary>Tells those who asked that the changes are durable.</summary>
    public void NotifyCommitted()
    {
        foreach (var action in _afterCommit ?? [])
            action();
    }

    public void Close() => _closed = true;

    private TResult Run<TArgument, TResult>(
        string sql, (string Name, object? Value)[] parameters, Func<SqliteRows, SqliteStatement, TArgument, TResult> run, TArgument argument)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ArgumentNullException.ThrowIfNull(parameters);
        if (_closed)
            throw new InvalidOperationException("A metadata session was used after its read or write had ended. Do everything inside the delegate.");
        SqliteStatement? statement = null;
        var reusable = false;
        try
        {
            statement = link.Rent(sql);
            statement.Bind(parameters);
            var result = run(new SqliteRows(link, statement), statement, argument);
            reusable = true;
            return result;
        }
        catch (SqliteStatementException exception)
        {
            MetBusy |= SqliteErrors.IsBusy(exception.Code);
            BrokeConnection |= SqliteErrors.BreaksConnection(exception.Code);
            reusable = (exception.Code & 0xff) == SQLitePCL.raw.SQLITE_CONSTRAINT;
            throw SqliteErrors.Translate(exception.Code, exception.ExtendedCode, exception.Message, link.Path, $"'{Shorten(sql)}'", exception);
        }
        finally
        {
            if (statement is not null)
                link.Return(statement, reusable);
        }
    }

    private static string Shorten(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 160 ? line : line[..160] + "...";
    }
}
