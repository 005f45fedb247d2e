namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>The frame with a column computed from each row, appended or replaced. A null text becomes a null.</summary>
    /// <typeparam name="T">bool, int, long, float, double, string or <see cref="Timestamp"/>.</typeparam>
    /// <param name="name">The new column.</param>
    /// <param name="compute">The value of a row.</param>
    /// <returns>The new frame.</returns>
    public DataFrame WithColumn<T>(string name, Func<DataRow, T> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        var builder = new ColumnBuilder<T>(name, RowCount);
        for (var i = 0; i < RowCount; i++)
            builder.AddOrNull(compute(new DataRow(this, i)));
        return With(builder.Build());
    }

    /// <summary>The frame with a column computed from another, appended or replaced; null gives null.</summary>
    /// <typeparam name="TSource">The type of the source.</typeparam>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="name">The new column.</param>
    /// <param name="source">The column to compute from.</param>
    /// <param name="compute">The value for a value.</param>
    /// <returns>The new frame.</returns>
    public DataFrame WithColumn<TSource, T>(string name, string source, Func<TSource, T> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        var from = Column<TSource>(source);
        var values = from.Span;
        var builder = new ColumnBuilder<T>(name, RowCount);
        for (var i = 0; i < values.Length; i++)
        {
            if (from.NullCount > 0 && from.IsNull(i))
                builder.AddNull();
            else
                builder.AddOrNull(compute(values[i]));
        }

        return With(builder.Build());
    }

    /// <summary>The frame without some columns.</summary>
    /// <param name="names">Their names.</param>
    /// <returns>The smaller frame.</returns>
    public DataFrame Without(params IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var gone = names.Select(name => this[name]).ToHashSet();
        return new DataFrame(_columns.Where(column => !gone.Contains(column)));
    }

    /// <summary>A frame of objects, one row each; no reflection: the map says what goes where.</summary>
    /// <typeparam name="T">The objects.</typeparam>
    /// <param name="rows">The objects.</param>
    /// <param name="map">Which column holds what.</param>
    /// <returns>The frame.</returns>
    public static DataFrame FromRows<T>(IEnumerable<T> rows, Action<RowMap<T>> map)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(map);
        var columns = new RowMap<T>();
        map(columns);
        return columns.Build(rows);
    }

    /// <summary>The rows as objects, made as they are asked for.</summary>
    /// <typeparam name="T">The objects.</typeparam>
    /// <param name="make">Makes one of a row.</param>
    /// <returns>The objects.</returns>
    public IEnumerable<T> ToRows<T>(Func<DataRow, T> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        for (var i = 0; i < RowCount; i++)
            yield return make(new DataRow(this, i));
    }

    /// <summary>Writes numeric columns as a row-major matrix of floats; null becomes NaN, true 1.</summary>
    /// <param name="destination">Room for rows times columns, all of it overwritten up to there.</param>
    /// <param name="columns">The columns, in the order wanted.</param>
    /// <exception cref="InvalidInputException">The room is too small, or a column holds text or timestamps.</exception>
    public void CopyTo(Span<float> destination, params IEnumerable<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var chosen = columns.Select(name => this[name]).ToArray();
        if (destination.Length < (long)RowCount * chosen.Length)
            throw new InvalidInputException($"The matrix needs {RowCount} rows times {chosen.Length} columns, the destination has room for {destination.Length} numbers.");
        if (RowCount == 0)
            return;
        for (var i = 0; i < chosen.Length; i++)
            chosen[i].CopyTo(destination[i..], chosen.Length);
    }

    /// <summary>Numeric columns as a new row-major matrix; null becomes NaN, true 1.</summary>
    /// <param name="columns">The columns, in the order wanted.</param>
    /// <returns>Rows times columns numbers.</returns>
    public float[] ToMatrix(params IEnumerable<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var names = columns.ToArray();
        var matrix = new float[checked(RowCount * names.Length)];
        CopyTo(matrix, names);
        return matrix;
    }
}
