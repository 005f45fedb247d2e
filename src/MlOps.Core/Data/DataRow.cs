namespace MlOps;

/// <summary>One row of a frame, for predicates and conversions. Looks columns up by name: for hot loops take the columns' spans instead.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Index">The row, from 0.</param>
public readonly record struct DataRow(DataFrame Frame, int Index)
{
    /// <summary>A value that must be there.</summary>
    /// <typeparam name="T">The column's type.</typeparam>
    /// <param name="column">The column.</param>
    /// <returns>The value.</returns>
    /// <exception cref="InvalidInputException">The row is null there, or the column is of another type.</exception>
    public T Get<T>(string column)
    {
        var typed = Frame.Column<T>(column);
        return typed.IsNull(Index)
            ? throw new InvalidInputException($"Row {Index} is null in column '{column}'. Ask IsNull first, use GetOrDefault, or drop such rows with DropNulls.")
            : typed[Index];
    }

    /// <summary>A value, or another one where the row is null.</summary>
    /// <typeparam name="T">The column's type.</typeparam>
    /// <param name="column">The column.</param>
    /// <param name="otherwise">What stands for null.</param>
    /// <returns>The value.</returns>
    public T GetOrDefault<T>(string column, T otherwise)
    {
        var typed = Frame.Column<T>(column);
        return typed.IsNull(Index) ? otherwise : typed[Index];
    }

    /// <summary>A value, or null.</summary>
    /// <typeparam name="T">The column's type.</typeparam>
    /// <param name="column">The column.</param>
    /// <returns>The value.</returns>
    public T? GetNullable<T>(string column)
        where T : struct
    {
        var typed = Frame.Column<T>(column);
        return typed.IsNull(Index) ? null : typed[Index];
    }

    /// <summary>Whether the row is null in a column.</summary>
    /// <param name="column">The column.</param>
    /// <returns>True when it is.</returns>
    public bool IsNull(string column) => Frame[column].IsNull(Index);
}
