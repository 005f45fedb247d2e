using System.Buffers;
using System.Text;
using SQLitePCL;

namespace MlOps.Metadata;

/// <summary>
/// A prepared statement with its parameters found once. Microsoft.Data.Sqlite looks every parameter up by name in every run, which
/// costs more than the run of a short statement. Used by one caller at a time.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int StackBytes = 512;
    private const uint Persistent = 1;
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly string[] _names;

    // Which parameter of the statement each passed pair is, for the names that were passed last.
    private string[] _passed = [];
    private int[] _places = [];

    private SqliteStatement(string sql, sqlite3 database, sqlite3_stmt statement)
    {
        Sql = sql;
        _database = database;
        _statement = statement;
        _names = new string[raw.sqlite3_bind_parameter_count(statement)];
        for (var i = 0; i < _names.Length; i++)
            _names[i] = raw.sqlite3_bind_parameter_name(statement, i + 1).utf8_to_string() ?? "?";
    }

    public string Sql { get; }

    public sqlite3_stmt Handle => _statement;

    /// <summary>Prepares one statement; null and SQLite's code when it is refused.</summary>
    public static SqliteStatement? Prepare(sqlite3 database, string sql, out int code)
    {
        var utf8 = Encoding.UTF8.GetBytes(sql);
        code = raw.sqlite3_prepare_v3(database, (ReadOnlySpan<byte>)utf8, Persistent, out var statement, out ReadOnlySpan<byte> tail);
        if (code != raw.SQLITE_OK)
            return null;
        if (statement is null || statement.IsInvalid)
            throw new ArgumentException($"'{sql}' has no statement.", nameof(sql));
        if (!IsBlank(tail))
        {
            statement.Dispose();
            throw new ArgumentException($"'{sql}' has more than one statement. Run them one by one.", nameof(sql));
        }

        return new SqliteStatement(sql, database, statement);
    }

    public void Bind((string Name, object? Value)[] parameters)
    {
        if (!IsPassedAsLast(parameters))
            Place(parameters);
        for (var i = 0; i < parameters.Length; i++)
        {
            if (_places[i] == 0)
                continue;
            var code = Bind(_places[i], parameters[i].Name, parameters[i].Value);
            if (code != raw.SQLITE_OK)
                throw new InvalidInputException($"SQLite takes no value for parameter {parameters[i].Name} of '{Sql}' (code {code}): is it longer than SQLite's limit of 1,000,000,000 bytes?");
        }
    }

    public int Step() => raw.sqlite3_step(_statement);

    /// <summary>Whether it changes nothing, so that its further rows need not be read.</summary>
    public bool IsReadOnly => raw.sqlite3_stmt_readonly(_statement) != 0;

    /// <summary>Rows that the statement changed.</summary>
    public int Changes() => IsReadOnly ? 0 : raw.sqlite3_changes(_database);

    /// <summary>Makes the statement ready for its next run and lets go of what was bound.</summary>
    public void Reset()
    {
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_clear_bindings(_statement);
    }

    public void Dispose() => _statement.Dispose();

    private static bool IsBlank(ReadOnlySpan<byte> tail)
    {
        foreach (var line in Encoding.UTF8.GetString(tail).Split('\n'))
        {
            var text = line.AsSpan().Trim().Trim(';').Trim();
            if (text.Length > 0 && !text.StartsWith("--", StringComparison.Ordinal) && text[0] != '\0')
                return false;
        }

        return true;
    }

    private bool IsPassedAsLast((string Name, object? Value)[] parameters)
    {
        if (parameters.Length != _passed.Length)
            return false;
        for (var i = 0; i < parameters.Length; i++)
        {
            if (!string.Equals(parameters[i].Name, _passed[i], StringComparison.Ordinal))
                return false;
        }

        return true;
    }

    private void Place((string Name, object? Value)[] parameters)
    {
        var places = new int[parameters.Length];
        var found = new bool[_names.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            var name = parameters[i].Name;
            ArgumentException.ThrowIfNullOrEmpty(name);
            var place = Array.FindIndex(_names, known => Matches(known, name));
            if (place < 0)
                continue;
            places[i] = place + 1;
            found[place] = true;
        }

        var missing = Array.IndexOf(found, false);
        if (missing >= 0)
            throw new InvalidOperationException($"Parameter {_names[missing]} of '{Sql}' has no value.");
        _passed = Array.ConvertAll(parameters, parameter => parameter.Name);
        _places = places;
    }

    private static bool Matches(string known, string name) =>
        known == name || (known.Length == name.Length + 1 && known.EndsWith(name, StringComparison.Ordinal));

    private int Bind(int place, string name, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(_statement, place),
        long number => raw.sqlite3_bind_int64(_statement, place, number),
        string text => BindText(place, text),
        int number => raw.sqlite3_bind_int64(_statement, place, number),
        // SQLite has no NaN and would store NULL in silence.
        double number => double.IsNaN(number)
            ? throw new InvalidOperationException($"Parameter {name} of '{Sql}' is NaN, which SQLite cannot store. Store null instead.")
            : raw.sqlite3_bind_double(_statement, place, number),
        bool flag => raw.sqlite3_bind_int64(_statement, place, flag ? 1 : 0),
        Timestamp moment => raw.sqlite3_bind_int64(_statement, place, moment.Microseconds),
        byte[] bytes => bytes.Length == 0 ? raw.sqlite3_bind_zeroblob(_statement, place, 0) : raw.sqlite3_bind_blob(_statement, place, bytes),
        _ => throw new ArgumentException(
            $"Parameter {name} is a {value.GetType().Name}: a metadata store takes long, int, double, string, bool, byte[], Timestamp or null.", nameof(value)),
    };

    private int BindText(int place, string text)
    {
        if (text.Length == 0)
            return raw.sqlite3_bind_text(_statement, place, "");
        var bound = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (bound <= StackBytes)
        {
            Span<byte> stack = stackalloc byte[StackBytes];
            return raw.sqlite3_bind_text(_statement, place, (ReadOnlySpan<byte>)stack[..Encoding.UTF8.GetBytes(text, stack)]);
        }

        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetByteCount(text));
        try
        {
            return raw.sqlite3_bind_text(_statement, place, (ReadOnlySpan<byte>)rented.AsSpan(0, Encoding.UTF8.GetBytes(text, rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
