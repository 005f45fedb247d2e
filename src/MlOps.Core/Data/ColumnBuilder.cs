namespace MlOps;

/// <summary>Grows a column row by row. Not thread-safe.</summary>
public abstract class ColumnBuilder
{
    private protected ColumnBuilder(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>The column's name.</summary>
    public string Name { get; }

    /// <summary>Rows so far.</summary>
    public abstract int Count { get; }

    /// <summary>Appends a null.</summary>
    public abstract void AddNull();

    /// <summary>Appends a row of a column of the same type.</summary>
    /// <param name="column">The column.</param>
    /// <param name="row">The row.</param>
    /// <exception cref="InvalidInputException">The column is of another type.</exception>
    public abstract void AddFrom(DataColumn column, int row);

    /// <summary>Hands out the column; the builder starts anew.</summary>
    /// <returns>The column.</returns>
    public DataColumn Build() => BuildColumn();

    /// <summary>A builder of a type known only when the program runs.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">The type.</param>
    /// <param name="capacity">Rows to make room for.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidDefinitionException">The type is not one of <see cref="DataType"/>.</exception>
    public static ColumnBuilder Create(string name, DataType type, int capacity = 0) => type switch
    {
        DataType.Boolean => new ColumnBuilder<bool>(name, capacity),
        DataType.Int32 => new ColumnBuilder<int>(name, capacity),
        DataType.Int64 => new ColumnBuilder<long>(name, capacity),
        DataType.Float32 => new ColumnBuilder<float>(name, capacity),
        DataType.Float64 => new ColumnBuilder<double>(name, capacity),
        DataType.String => new ColumnBuilder<string>(name, capacity),
        DataType.Timestamp => new ColumnBuilder<Timestamp>(name, capacity),
        _ => throw new InvalidDefinitionException($"Column '{name}' cannot have type {(int)type}: it is none of {string.Join(", ", Enum.GetNames<DataType>())}."),
    };

    private protected abstract DataColumn BuildColumn();
}
