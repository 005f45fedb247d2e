namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>The rows whose mask is set, copied.</summary>
    /// <param name="mask">One flag per row.</param>
    /// <returns>The rows, in order.</returns>
    /// <exception cref="InvalidInputException">The mask has another length.</exception>
    public DataFrame Filter(ReadOnlySpan<bool> mask)
    {
        if (mask.Length != RowCount)
            throw new InvalidInputException($"The mask has {mask.Length} flags, the frame {RowCount} rows.");
        var rows = new int[mask.Count(true)];
        var next = 0;
        for (var i = 0; i < mask.Length; i++)
        {
            if (mask[i])
                rows[next++] = i;
        }

        return next == RowCount ? this : Take(rows);
    }

    /// <summary>The rows that a predicate accepts, copied. For large frames the form over one column is several times faster.</summary>
    /// <param name="predicate">The predicate.</param>
    /// <returns>The rows, in order.</returns>
    public DataFrame Filter(Func<DataRow, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        var mask = new bool[RowCount];
        for (var i = 0; i < mask.Length; i++)
            mask[i] = predicate(new DataRow(this, i));
        return Filter(mask);
    }

    /// <summary>The rows whose value in one column a predicate accepts, copied; nulls are left out.</summary>
    /// <typeparam name="T">The column's type.</typeparam>
    /// <param name="column">The column.</param>
    /// <param name="predicate">The predicate.</param>
    /// <returns>The rows, in order.</returns>
    public DataFrame Filter<T>(string column, Func<T, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        var typed = Column<T>(column);
        var values = typed.Span;
        var mask = new bool[RowCount];
        for (var i = 0; i < mask.Length; i++)
            mask[i] = (typed.NullCount == 0 || !typed.IsNull(i)) && predicate(values[i]);
        return Filter(mask);
    }

    /// <summary>The rows without a null in the columns given, or in any when none is.</summary>
    /// <param name="columns">The columns to look at.</param>
    /// <returns>The rows, in order.</returns>
    public DataFrame DropNulls(params IEnumerable<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var looked = columns.Select(name => this[name]).ToArray();
        if (looked.Length == 0)
            looked = _columns;
        looked = Array.FindAll(looked, column => column.NullCount > 0);
        if (looked.Length == 0)
            return this;
        var mask = new bool[RowCount];
        for (var i = 0; i < mask.Length; i++)
            mask[i] = !Array.Exists(looked, column => column.IsNull(i));
        return Filter(mask);
    }

    /// <summary>The first rows, without copying.</summary>
    /// <param name="rows">How many, or all when there are fewer.</param>
    /// <returns>The rows.</returns>
    public DataFrame Head(int rows) => Slice(0, Math.Min(rows, RowCount));

    /// <summary>Frames of the same columns, one after the other.</summary>
    /// <param name="frames">The frames, at least one; names, order and types of columns equal.</param>
    /// <returns>All rows in order.</returns>
    /// <exception cref="InvalidInputException">There is no frame, or columns differ.</exception>
    public static DataFrame Concat(params IEnumerable<DataFrame> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        var all = frames.ToArray();
        if (all.Length == 0)
            throw new InvalidInputException("Concat needs at least one frame, to know the columns.");
        if (all.Length == 1)
            return all[0];
        foreach (var frame in all)
            CheckSameColumns(all[0], frame);
        return new DataFrame(all[0]._columns.Select((column, index) => column.Type switch
        {
            DataType.Boolean => Concat<bool>(all, index),
            DataType.Int32 => Concat<int>(all, index),
            DataType.Int64 => Concat<long>(all, index),
            DataType.Float32 => Concat<float>(all, index),
            DataType.Float64 => Concat<double>(all, index),
            DataType.String => Concat<string>(all, index),
            _ => (DataColumn)Concat<Timestamp>(all, index),
        }));
    }

    internal static void CheckSameColumns(DataFrame first, DataFrame other)
    {
        if (first._columns.Length != other._columns.Length)
            throw new InvalidInputException($"One frame has {first._columns.Length} columns, another {other._columns.Length}: frames put together have the same columns.");
        for (var i = 0; i < first._columns.Length; i++)
        {
            var (a, b) = (first._columns[i], other._columns[i]);
            if (a.Name != b.Name || a.Type != b.Type)
                throw new InvalidInputException($"Column {i} is '{a.Name}' ({a.Type}) in one frame and '{b.Name}' ({b.Type}) in another: Select, Rename or convert it first.");
        }
    }

    private static DataColumn<T> Concat<T>(DataFrame[] frames, int index)
    {
        var rows = frames.Aggregate(0L, (sum, frame) => sum + frame.RowCount);
        if (rows > Array.MaxLength)
            throw new InvalidInputException($"The frames have {rows} rows together; one frame holds at most {Array.MaxLength}. Work batch by batch.");
        var builder = new ColumnBuilder<T>(frames[0]._columns[index].Name, (int)rows);
        foreach (var frame in frames)
            builder.AddRange((DataColumn<T>)frame._columns[index]);
        return builder.Build();
    }
}
