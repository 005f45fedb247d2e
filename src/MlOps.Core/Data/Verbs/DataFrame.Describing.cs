namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>What the frame holds; see <see cref="DataProfile"/>.</summary>
    /// <param name="options">How thoroughly; null means the defaults.</param>
    /// <returns>The profile.</returns>
    public DataProfile Profile(DataProfileOptions? options = null) => DataProfile.Of(this, options);

    /// <summary>
    /// One row per column: <c>column</c>, <c>type</c>, <c>count</c> (values that are there), <c>missing</c>, <c>distinct</c>, and of numbers and
    /// flags <c>mean</c>, <c>std</c>, <c>min</c>, <c>p25</c>, <c>median</c>, <c>p75</c>, <c>max</c>.
    /// </summary>
    /// <returns>The summary.</returns>
    public DataFrame Describe()
    {
        var columns = DataProfile.Of(this, new DataProfileOptions { DuplicateRows = false, MaxCorrelated = 0 }).Columns;
        return FromRows(columns, map => map
            .Column("column", column => column.Name)
            .Column("type", column => column.Type.ToString())
            .Column("count", column => (long)(column.Rows - column.Missing))
            .Column("missing", column => (long)column.Missing)
            .Column("distinct", column => (long)column.Distinct)
            .Nullable<double>("mean", column => column.Numbers?.Mean)
            .Nullable<double>("std", column => column.Numbers?.StandardDeviation)
            .Nullable<double>("min", column => column.Numbers?.Min)
            .Nullable<double>("p25", column => column.Numbers?.P25)
            .Nullable<double>("median", column => column.Numbers?.Median)
            .Nullable<double>("p75", column => column.Numbers?.P75)
            .Nullable<double>("max", column => column.Numbers?.Max));
    }
}
