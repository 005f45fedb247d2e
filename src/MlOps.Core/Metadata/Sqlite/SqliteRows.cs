using System.Collections;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using SQLitePCL;

namespace MlOps.Metadata;

/// <summary>The rows of a running statement, as the mappers of queries read them. The values are those of SQLite: long, double, string, byte[] or NULL.</summary>
internal sealed class SqliteRows(SqliteLink link, SqliteStatement statement) : DbDataReader
{
    private readonly sqlite3_stmt _row = statement.Handle;

    public override int FieldCount => raw.sqlite3_column_count(_row);

    public override int Depth => 0;

    public override bool HasRows => throw Unsupported(nameof(HasRows));

    public override bool IsClosed => false;

    public override int RecordsAffected => -1;

    public override object this[int ordinal] => GetValue(ordinal);

    public override object this[string name] => GetValue(GetOrdinal(name));

    public override bool Read()
    {
        var code = statement.Step();
        return code switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ => throw link.StatementError(code, statement.Sql),
        };
    }

    public override bool NextResult() => false;

    public override bool IsDBNull(int ordinal) => raw.sqlite3_column_type(_row, ordinal) == raw.SQLITE_NULL;

    public override long GetInt64(int ordinal) => raw.sqlite3_column_type(_row, ordinal) == raw.SQLITE_NULL ? throw Null(ordinal) : raw.sqlite3_column_int64(_row, ordinal);

    public override double GetDouble(int ordinal) => raw.sqlite3_column_type(_row, ordinal) == raw.SQLITE_NULL ? throw Null(ordinal) : raw.sqlite3_column_double(_row, ordinal);

    // The bytes of a text have a length; as a C string they would end at the first NUL.
    public override string GetString(int ordinal) => raw.sqlite3_column_type(_row, ordinal) switch
    {
        raw.SQLITE_NULL => throw Null(ordinal),
        raw.SQLITE_TEXT => Encoding.UTF8.GetString(raw.sqlite3_column_blob(_row, ordinal)),
        _ => Convert.ToString(GetValue(ordinal), CultureInfo.InvariantCulture) ?? "",
    };

    public override object GetValue(int ordinal) => raw.sqlite3_column_type(_row, ordinal) switch
    {
        raw.SQLITE_INTEGER => raw.sqlite3_column_int64(_row, ordinal),
        raw.SQLITE_FLOAT => raw.sqlite3_column_double(_row, ordinal),
        raw.SQLITE_TEXT => GetString(ordinal),
        raw.SQLITE_BLOB => raw.sqlite3_column_blob(_row, ordinal).ToArray(),
        _ => DBNull.Value,
    };

    public override T GetFieldValue<T>(int ordinal)
    {
        if (typeof(T) == typeof(byte[]))
            return IsDBNull(ordinal) ? throw Null(ordinal) : (T)(object)raw.sqlite3_column_blob(_row, ordinal).ToArray();
        return base.GetFieldValue<T>(ordinal);
    }

    public override bool GetBoolean(int ordinal) => GetInt64(ordinal) != 0;

    public override byte GetByte(int ordinal) => checked((byte)GetInt64(ordinal));

    public override short GetInt16(int ordinal) => checked((short)GetInt64(ordinal));

    public override int GetInt32(int ordinal) => checked((int)GetInt64(ordinal));

    public override float GetFloat(int ordinal) => (float)GetDouble(ordinal);

    public override string GetName(int ordinal) => raw.sqlite3_column_name(_row, ordinal).utf8_to_string();

    public override int GetOrdinal(string name)
    {
        for (var i = 0; i < FieldCount; i++)
        {
            if (string.Equals(GetName(i), name, StringComparison.OrdinalIgnoreCase))
                return i;
        }

        throw new ArgumentOutOfRangeException(nameof(name), name, $"The query '{statement.Sql}' has no column of this name.");
    }

    public override int GetValues(object[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var count = Math.Min(values.Length, FieldCount);
        for (var i = 0; i < count; i++)
            values[i] = GetValue(i);
        return count;
    }

    [return: DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.PublicProperties)]
    public override Type GetFieldType(int ordinal) => raw.sqlite3_column_type(_row, ordinal) switch
    {
        raw.SQLITE_INTEGER => typeof(long),
        raw.SQLITE_FLOAT => typeof(double),
        raw.SQLITE_TEXT => typeof(string),
        raw.SQLITE_BLOB => typeof(byte[]),
        _ => typeof(DBNull),
    };

    public override string GetDataTypeName(int ordinal) => GetFieldType(ordinal).Name;

    public override IEnumerator GetEnumerator() => throw Unsupported(nameof(GetEnumerator));

    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length)
    {
        var bytes = raw.sqlite3_column_blob(_row, ordinal);
        if (buffer is null)
            return bytes.Length;
        var count = (int)Math.Min(length, Math.Max(0, bytes.Length - dataOffset));
        bytes.Slice((int)Math.Min(dataOffset, bytes.Length), count).CopyTo(buffer.AsSpan(bufferOffset));
        return count;
    }

    public override char GetChar(int ordinal) => throw Unsupported(nameof(GetChar));

    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) => throw Unsupported(nameof(GetChars));

    public override DateTime GetDateTime(int ordinal) => throw Unsupported(nameof(GetDateTime));

    public override decimal GetDecimal(int ordinal) => throw Unsupported(nameof(GetDecimal));

    public override Guid GetGuid(int ordinal) => throw Unsupported(nameof(GetGuid));

    private static NotSupportedException Unsupported(string member) =>
        new($"A metadata session's reader has no {member}: stores hold long, double, string, byte[] and NULL. Times are Timestamp (GetTimestamp).");

    private InvalidOperationException Null(int ordinal) =>
        new($"Column {ordinal} ('{GetName(ordinal)}') of '{statement.Sql}' is NULL. Ask IsDBNull first, or use GetStringOrNull.");
}
