using System.Data.Common;
using Microsoft.Data.Sqlite;

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
        new(Run(sql, parameters, static (command, _) => command.ExecuteNonQuery(), 0));

    public ValueTask<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] parameters)
    {
        ArgumentNullException.ThrowIfNull(map);
        return new(Run(sql, parameters, static (command, map) =>
        {
            var rows = new List<T>();
            using var reader = command.ExecuteReader();
            while (reader.Read())
                rows.Add(map(reader));
            return rows;
        }, map));
    }

    public ValueTask<long?> ScalarAsync(string sql, params (string Name, object? Value)[] parameters) =>
        new(Run(sql, parameters, static (command, _) => command.ExecuteScalar() switch
        {
            null or DBNull => (long?)null,
            long number => number,
            double number => checked((long)number),
            var other => throw new InvalidInputException($"The query '{command.CommandText}' yields {other.GetType().Name} '{other}' where a number was expected."),
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
        string sql, (string Name, object? Value)[] parameters, Func<SqliteCommand, TArgument, TResult> run, TArgument argument)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ArgumentNullException.ThrowIfNull(parameters);
        if (_closed)
            throw new InvalidOperationException("A metadata session was used after its read or write had ended. Do everything inside the delegate.");
        var command = link.Rent(sql);
        var reusable = false;
        try
        {
            Bind(command, parameters);
            var result = run(command, argument);
            reusable = true;
            return result;
        }
        catch (SqliteException exception)
        {
            MetBusy |= SqliteErrors.IsBusy(exception.SqliteErrorCode);
            BrokeConnection |= SqliteErrors.BreaksConnection(exception.SqliteErrorCode);
            reusable = exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_CONSTRAINT;
            throw SqliteErrors.Translate(exception.SqliteErrorCode, exception.SqliteExtendedErrorCode, exception.Message, link.Path, $"'{Shorten(sql)}'", exception);
        }
        finally
        {
            link.Return(command, reusable);
        }
    }

    private static void Bind(SqliteCommand command, (string Name, object? Value)[] parameters)
    {
        var bound = command.Parameters;
        var same = bound.Count == parameters.Length;
        for (var i = 0; same && i < parameters.Length; i++)
            same = bound[i].ParameterName == parameters[i].Name;
        if (!same)
        {
            bound.Clear();
            foreach (var (name, _) in parameters)
                bound.Add(new SqliteParameter { ParameterName = name });
        }

        for (var i = 0; i < parameters.Length; i++)
            bound[i].Value = ToStored(parameters[i].Name, parameters[i].Value);
    }

    private static object ToStored(string name, object? value) => value switch
    {
        null => DBNull.Value,
        long or string or double or byte[] => value,
        int number => (long)number,
        bool flag => flag ? 1L : 0L,
        Timestamp moment => moment.Microseconds,
        _ => throw new ArgumentException(
            $"Parameter {name} is a {value.GetType().Name}: a metadata store takes long, int, double, string, bool, byte[], Timestamp or null.", nameof(value)),
    };

    private static string Shorten(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 160 ? line : line[..160] + "...";
    }
}
