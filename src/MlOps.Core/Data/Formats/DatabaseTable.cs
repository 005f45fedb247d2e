using System.Data.Common;
using System.Globalization;

namespace MlOps;

/// <summary>The columns of a database reader as they grow. Not thread-safe.</summary>
internal sealed class DatabaseTable
{
    private readonly DbDataReader _reader;
    private readonly TimeZoneInfo? _zone;
    private readonly (ColumnBuilder Builder, Action Append)[] _fields;
    private long _row;

    public DatabaseTable(DbDataReader reader, DatabaseReadOptions? options)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _reader = reader;
        _zone = options?.AssumedZone;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        _fields = new (ColumnBuilder, Action)[reader.FieldCount];
        for (var i = 0; i < _fields.Length; i++)
        {
            var name = reader.GetName(i);
            if (string.IsNullOrEmpty(name))
                throw new InvalidInputException($"Field {i + 1} of the query has no name: give it one with AS.");
            if (!seen.Add(name))
                throw new InvalidInputException($"Field '{name}' stands twice in the query: rename one with AS.");
            _fields[i] = Field(name, reader.GetFieldType(i), i);
        }
    }

    public int Rows { get; private set; }

    /// <summary>Adds a row; false after the last.</summary>
    public async ValueTask<bool> AddAsync(CancellationToken cancellationToken)
    {
        if (!await _reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            return false;
        for (var i = 0; i < _fields.Length; i++)
        {
            if (_reader.IsDBNull(i))
            {
                _fields[i].Builder.AddNull();
                continue;
            }

            try
            {
                _fields[i].Append();
            }
            catch (Exception e) when (e is InvalidCastException or OverflowException or FormatException)
            {
                throw new InvalidInputException($"Row {_row}: field '{_fields[i].Builder.Name}' holds a value that does not fit its column: {e.Message} Convert it in the query with CAST.", e);
            }
        }

        _row++;
        Rows++;
        return true;
    }

    public DataFrame Build()
    {
        Rows = 0;
        return new DataFrame(_fields.Select(field => field.Builder.Build()));
    }

    private (ColumnBuilder Builder, Action Append) Field(string name, Type type, int i)
    {
        if (type == typeof(bool))
            return Of(name, reader => reader.GetBoolean(i));
        if (type == typeof(byte))
            return Of(name, reader => (int)reader.GetByte(i));
        if (type == typeof(sbyte))
            return Of(name, reader => (int)reader.GetFieldValue<sbyte>(i));
        if (type == typeof(short))
            return Of(name, reader => (int)reader.GetInt16(i));
        if (type == typeof(ushort))
            return Of(name, reader => (int)reader.GetFieldValue<ushort>(i));
        if (type == typeof(int))
            return Of(name, reader => reader.GetInt32(i));
        if (type == typeof(uint))
            return Of(name, reader => (long)reader.GetFieldValue<uint>(i));
        if (type == typeof(long))
            return Of(name, reader => reader.GetInt64(i));
        if (type == typeof(ulong))
            return Of(name, reader => checked((long)reader.GetFieldValue<ulong>(i)));
        if (type == typeof(float))
            return Of(name, reader => reader.GetFloat(i));
        if (type == typeof(double))
            return Of(name, reader => reader.GetDouble(i));
        if (type == typeof(decimal))
            return Of(name, reader => (double)reader.GetDecimal(i));
        if (type == typeof(string))
            return Of(name, reader => reader.GetString(i));
        if (type == typeof(Guid))
            return Of(name, reader => reader.GetGuid(i).ToString());
        if (type == typeof(DateTime))
            return Of(name, reader => Moment(name, reader.GetDateTime(i)));
        if (type == typeof(DateOnly))
            return Of(name, reader => Moment(name, reader.GetFieldValue<DateOnly>(i).ToDateTime(TimeOnly.MinValue)));
        if (type == typeof(DateTimeOffset))
            return Of(name, reader => Timestamp.From(reader.GetFieldValue<DateTimeOffset>(i)));
        throw new InvalidInputException($"Field '{name}' is a {type.Name}, which a data frame cannot hold: convert it in the query, for instance with CAST({name} AS VARCHAR).");
    }

    private (ColumnBuilder, Action) Of<T>(string name, Func<DbDataReader, T> read)
    {
        var builder = new ColumnBuilder<T>(name);
        return (builder, () => builder.Add(read(_reader)));
    }

    private Timestamp Moment(string name, DateTime date)
    {
        if (date.Kind != DateTimeKind.Unspecified)
            return Timestamp.From(date);
        var shown = date.ToString("O", CultureInfo.InvariantCulture);
        if (_zone is null)
            throw new InvalidInputException($"Row {_row}: field '{name}' holds {shown}, a time without a zone. Select a type that has one, or say which is meant: DatabaseReadOptions.AssumedZone = TimeZoneInfo.Utc.");
        return ValueText.TryMoment(shown, _zone, out var moment) == MomentText.Moment
            ? moment
            : throw new InvalidInputException($"Row {_row}: field '{name}' holds {shown}, a time that does not exist, or exists twice, in zone '{_zone.Id}'. Convert it in the query.");
    }
}
