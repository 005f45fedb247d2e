namespace MlOps.Features;

/// <summary>Properties of many rows as columns.</summary>
internal static class RowColumns
{
    public static DataColumn Required<TRow, T>(string name, ReadOnlySpan<TRow> rows, Func<TRow, T> value)
    {
        if (typeof(T) == typeof(string))
            return Texts(name, rows, (Func<TRow, string?>)(object)value);
        if (typeof(T) == typeof(DateTimeOffset))
            return Moments(name, rows, (Func<TRow, DateTimeOffset>)(object)value);
        var values = new T[rows.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(rows[i]);
        return DataColumn.Create(name, values);
    }

    public static DataColumn Optional<TRow, T>(string name, ReadOnlySpan<TRow> rows, Func<TRow, T?> value)
        where T : struct
    {
        if (typeof(T) == typeof(DateTimeOffset))
            return Optional(name, rows, Moment((Func<TRow, DateTimeOffset?>)(object)value));
        var builder = new ColumnBuilder<T>(name, rows.Length);
        foreach (var row in rows)
        {
            if (value(row) is { } present)
                builder.Add(present);
            else
                builder.AddNull();
        }

        return builder.Build();
    }

    private static DataColumn Texts<TRow>(string name, ReadOnlySpan<TRow> rows, Func<TRow, string?> value)
    {
        var builder = new ColumnBuilder<string>(name, rows.Length);
        foreach (var row in rows)
            builder.AddOrNull(value(row));
        return builder.Build();
    }

    private static DataColumn Moments<TRow>(string name, ReadOnlySpan<TRow> rows, Func<TRow, DateTimeOffset> value)
    {
        var values = new Timestamp[rows.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = Timestamp.From(value(rows[i]));
        return DataColumn.Create(name, values);
    }

    private static Func<TRow, Timestamp?> Moment<TRow>(Func<TRow, DateTimeOffset?> value) => row => value(row) is { } moment ? Timestamp.From(moment) : null;
}
