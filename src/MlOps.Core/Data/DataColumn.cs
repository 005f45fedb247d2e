namespace MlOps;

/// <summary>A named column of one type with optional nulls. Immutable and thread-safe; slices share memory.</summary>
public abstract class DataColumn
{
    private protected DataColumn(string name, DataType type, int length)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Type = type;
        Length = length;
    }

    /// <summary>The column's name.</summary>
    public string Name { get; }

    /// <summary>The type of the values.</summary>
    public DataType Type { get; }

    /// <summary>Rows.</summary>
    public int Length { get; }

    /// <summary>Rows that are null.</summary>
    public abstract int NullCount { get; }

    /// <summary>Whether a row is null.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <returns>True when it is.</returns>
    public abstract bool IsNull(int row);

    /// <summary>A value, boxed; null when the row is null. For display and slow paths.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <returns>The value.</returns>
    public abstract object? GetValue(int row);

    /// <summary>A run of rows, without copying.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="length">How many.</param>
    /// <returns>The slice.</returns>
    public abstract DataColumn Slice(int start, int length);

    /// <summary>Rows by index, copied.</summary>
    /// <param name="rows">Row numbers; -1 gives a null.</param>
    /// <returns>The new column.</returns>
    public abstract DataColumn Take(ReadOnlySpan<int> rows);

    /// <summary>The same values under another name, without copying.</summary>
    /// <param name="name">The new name.</param>
    /// <returns>The renamed column.</returns>
    public abstract DataColumn Rename(string name);

    /// <summary>A column over an array, which is not copied and must not be changed afterwards.</summary>
    /// <typeparam name="T">bool, int, long, float, double, string or <see cref="Timestamp"/>.</typeparam>
    /// <param name="name">The name.</param>
    /// <param name="values">The values.</param>
    /// <param name="validity">One bit per row, least significant first, set where the row is not null; null when no row is.</param>
    /// <returns>The column.</returns>
    /// <exception cref="InvalidDefinitionException">The type is not one of those.</exception>
    public static DataColumn<T> Create<T>(string name, T[] values, ulong[]? validity = null) => new(name, values, validity);

    /// <summary>A column of values some of which may be missing, copied.</summary>
    /// <typeparam name="T">bool, int, long, float, double or <see cref="Timestamp"/>.</typeparam>
    /// <param name="name">The name.</param>
    /// <param name="values">The values.</param>
    /// <returns>The column.</returns>
    /// <exception cref="InvalidDefinitionException">The type is not one of those.</exception>
    public static DataColumn<T> FromNullable<T>(string name, params IEnumerable<T?> values)
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(values);
        var builder = new ColumnBuilder<T>(name);
        foreach (var value in values)
        {
            if (value is { } present)
                builder.Add(present);
            else
                builder.AddNull();
        }

        return builder.Build();
    }

    /// <summary>A column of texts some of which may be missing, copied.</summary>
    /// <param name="name">The name.</param>
    /// <param name="values">The texts.</param>
    /// <returns>The column.</returns>
    public static DataColumn<string> FromText(string name, params IEnumerable<string?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var builder = new ColumnBuilder<string>(name);
        foreach (var value in values)
            builder.AddOrNull(value);
        return builder.Build();
    }

    /// <summary>The <see cref="DataType"/> of a .NET type.</summary>
    /// <typeparam name="T">The .NET type.</typeparam>
    /// <returns>The data type.</returns>
    /// <exception cref="InvalidDefinitionException">Columns cannot hold that type.</exception>
    public static DataType TypeOf<T>()
    {
        if (typeof(T) == typeof(bool))
            return DataType.Boolean;
        if (typeof(T) == typeof(int))
            return DataType.Int32;
        if (typeof(T) == typeof(long))
            return DataType.Int64;
        if (typeof(T) == typeof(float))
            return DataType.Float32;
        if (typeof(T) == typeof(double))
            return DataType.Float64;
        if (typeof(T) == typeof(string))
            return DataType.String;
        if (typeof(T) == typeof(Timestamp))
            return DataType.Timestamp;
        throw new InvalidDefinitionException(
            $"A column cannot hold {typeof(T).Name}: use bool, int, long, float, double, string or Timestamp.");
    }

    /// <summary>A dense number for every row: equal values have equal numbers, null its own; -1 where <paramref name="seen"/> must not grow.</summary>
    internal abstract int[] Encode(ValueCodes seen, bool grow);

    /// <summary>An order-preserving number for every row; those of nulls mean nothing.</summary>
    internal abstract ulong[] OrderKeys();

    /// <summary>Numbers and flags as double, null as NaN.</summary>
    /// <returns>A new array, one number per row.</returns>
    /// <exception cref="InvalidInputException">The column holds text or timestamps.</exception>
    public abstract double[] AsDoubles();

    /// <summary>Numbers as float, null as NaN, into every <paramref name="stride"/>-th place.</summary>
    internal abstract void CopyTo(Span<float> destination, int stride);

}
