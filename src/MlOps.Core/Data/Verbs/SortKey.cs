namespace MlOps;

/// <summary>A column to sort by. A plain string converts to the ascending key.</summary>
/// <param name="Column">The column.</param>
/// <param name="Descending">Greatest first.</param>
public readonly record struct SortKey(string Column, bool Descending = false)
{
    /// <summary>Smallest first.</summary>
    /// <param name="column">The column.</param>
    public static implicit operator SortKey(string column) => new(column);

    /// <summary>Greatest first.</summary>
    /// <param name="column">The column.</param>
    /// <returns>The key.</returns>
    public static SortKey Down(string column) => new(column, Descending: true);
}
