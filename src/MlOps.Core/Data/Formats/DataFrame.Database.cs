using System.Data.Common;

namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>Reads all rows of a database reader. Decimals become doubles; dates without a zone are taken as UTC.</summary>
    /// <param name="reader">The reader, before its first row; not closed.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="InvalidInputException">A field's type has no column type; the message names it.</exception>
    public static async Task<DataFrame> ReadDatabaseAsync(DbDataReader reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var fields = Enumerable.Range(0, reader.FieldCount).Select(i => DatabaseField(reader.GetName(i), reader.GetFieldType(i), i)).ToArray();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            for (var i = 0; i < fields.Length; i++)
            {
                if (reader.IsDBNull(i))
                    fields[i].Builder.AddNull();
                else
                    fields[i].Append(reader);
            }
        }

        return new DataFrame(fields.Select(field => field.Builder.Build()));
    }

    private static (ColumnBuilder Builder, Action<DbDataReader> Append) DatabaseField(string name, Type type, int i)
    {
        if (type == typeof(bool))
            return Field<bool>(name, reader => reader.GetBoolean(i));
        if (type == typeof(byte))
            return Field<int>(name, reader => reader.GetByte(i));
        if (type == typeof(short))
            return Field<int>(name, reader => reader.GetInt16(i));
        if (type == typeof(int))
            return Field<int>(name, reader => reader.GetInt32(i));
        if (type == typeof(long))
            return Field<long>(name, reader => reader.GetInt64(i));
        if (type == typeof(float))
            return Field<float>(name, reader => reader.GetFloat(i));
        if (type == typeof(double))
            return Field<double>(name, reader => reader.GetDouble(i));
        if (type == typeof(decimal))
            return Field<double>(name, reader => (double)reader.GetDecimal(i));
        if (type == typeof(string))
            return Field<string>(name, reader => reader.GetString(i));
        if (type == typeof(Guid))
            return Field<string>(name, reader => reader.GetGuid(i).ToString());
        if (type == typeof(DateTime))
            return Field<Timestamp>(name, reader => reader.GetDateTime(i) is var date && date.Kind == DateTimeKind.Unspecified
                ? Timestamp.From(DateTime.SpecifyKind(date, DateTimeKind.Utc))
                : Timestamp.From(date));
        if (type == typeof(DateTimeOffset))
            return Field<Timestamp>(name, reader => Timestamp.From(reader.GetFieldValue<DateTimeOffset>(i)));
        throw new InvalidInputException($"Field '{name}' is a {type.Name}, which a data frame cannot hold: convert it in the query, for instance with CAST({name} AS VARCHAR).");
    }

    private static (ColumnBuilder Builder, Action<DbDataReader> Append) Field<T>(string name, Func<DbDataReader, T> read)
    {
        var builder = new ColumnBuilder<T>(name);
        return (builder, reader => builder.Add(read(reader)));
    }
}
