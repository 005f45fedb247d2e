namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>Groups rows that have the same values in some columns; null is a value here. Groups come in the order of their first rows.</summary>
    /// <param name="keys">The key columns.</param>
    /// <returns>The groups.</returns>
    /// <exception cref="InvalidInputException">No key was given.</exception>
    public DataGrouping GroupBy(params IEnumerable<string> keys)
    {
        var columns = KeyColumns(keys, "GroupBy");
        var values = NewCodes(columns.Length);
        var pairs = NewPairs(columns.Length);
        var codes = EncodeKeys(columns, values, pairs, grow: true);
        var groups = columns.Length == 1 ? values[0].Count : pairs[^1].Count;
        var (starts, members) = GroupRows(codes, groups);
        return new DataGrouping(this, columns, starts, members);
    }
}
