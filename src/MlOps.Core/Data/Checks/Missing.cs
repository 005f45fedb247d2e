namespace MlOps;

/// <summary>What counts as no value: null, and NaN in a column of numbers.</summary>
internal static class Missing
{
    public static bool Is(DataColumn column, int row) =>
        (column.NullCount > 0 && column.IsNull(row))
        || (column is DataColumn<double> doubles && double.IsNaN(doubles[row]))
        || (column is DataColumn<float> floats && float.IsNaN(floats[row]))
        || (column is DataColumn<string> texts && texts[row] is null);
}
