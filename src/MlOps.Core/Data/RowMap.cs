namespace MlOps;

/// <summary>Says which column of a frame holds what of an object. Not thread-safe.</summary>
/// <typeparam name="T">The objects.</typeparam>
public sealed class RowMap<T>
{
    private readonly List<(ColumnBuilder Builder, Action<T> Append)> _columns = [];

    internal RowMap()
    {
    }

    /// <summary>A column of values that are always there (a text may be null).</summary>
    /// <typeparam name="TValue">bool, int, long, float, double, string or <see cref="Timestamp"/>.</typeparam>
    /// <param name="name">The column's name.</param>
    /// <param name="value">Takes the value from an object.</param>
    /// <returns>This map.</returns>
    public RowMap<T> Column<TValue>(string name, Func<T, TValue?> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var builder = new ColumnBuilder<TValue>(name);
        _columns.Add((builder, row => builder.AddOrNull(value(row))));
        return this;
    }

    /// <summary>A column of values that may be missing.</summary>
    /// <typeparam name="TValue">bool, int, long, float, double or <see cref="Timestamp"/>.</typeparam>
    /// <param name="name">The column's name.</param>
    /// <param name="value">Takes the value from an object.</param>
    /// <returns>This map.</returns>
    public RowMap<T> Nullable<TValue>(string name, Func<T, TValue?> value)
        where TValue : struct
    {
        ArgumentNullException.ThrowIfNull(value);
        var builder = new ColumnBuilder<TValue>(name);
        _columns.Add((builder, row =>
        {
            if (value(row) is { } present)
                builder.Add(present);
            else
                builder.AddNull();
        }));
        return this;
    }

    internal DataFrame Build(IEnumerable<T> rows)
    {
        foreach (var row in rows)
        {
            foreach (var (_, append) in _columns)
                append(row);
        }

        return new DataFrame(_columns.Select(column => column.Builder.Build()));
    }
}
