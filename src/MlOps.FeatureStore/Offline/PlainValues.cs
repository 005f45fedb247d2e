using System.Runtime.Intrinsics;

namespace MlOps.Features;

/// <summary>Brings a column of rows into the type in which a view keeps it.</summary>
internal static class PlainValues
{
    /// <summary>The types in which plain values are kept.</summary>
    public static bool IsKept(DataType type) =>
        type is DataType.Boolean or DataType.Int64 or DataType.Float32 or DataType.Float64 or DataType.String or DataType.Timestamp;

    public static DataColumn Of(string what, DataColumn column, DataType type) => type switch
    {
        DataType.Float32 => Floats(what, column),
        DataType.Float64 => Doubles(what, column),
        DataType.Int64 => Integers(what, column),
        _ when column.Type == type => column,
        _ => throw new InvalidInputException($"{what}: column '{column.Name}' holds {column.Type}, but the view keeps it as {type}. Convert the column, or declare its type in the view."),
    };

    private static DataColumn Floats(string what, DataColumn column)
    {
        var floats = GC.AllocateUninitializedArray<float>(column.Length);
        if (column is DataColumn<double> { NullCount: 0 } doubles)
        {
            // The usual case, without a copy between.
            Narrow(doubles.Span, floats);
            return DataColumn.Create(column.Name, floats);
        }

        var values = Numbers(what, column, DataType.Float32);
        for (var i = 0; i < floats.Length; i++)
            floats[i] = double.IsNaN(values[i]) ? float.NaN : (float)values[i];
        return DataColumn.Create(column.Name, floats);
    }

    private static void Narrow(ReadOnlySpan<double> values, Span<float> floats)
    {
        var i = 0;
        for (; i <= values.Length - 8; i += 8)
        {
            var narrow = Vector256.Narrow(Vector256.Create(values[i..]), Vector256.Create(values[(i + 4)..]));
            Vector256.ConditionalSelect(Vector256.Equals(narrow, narrow), narrow, Vector256.Create(float.NaN)).CopyTo(floats[i..]);
        }

        for (; i < values.Length; i++)
            floats[i] = double.IsNaN(values[i]) ? float.NaN : (float)values[i];
    }

    private static DataColumn Doubles(string what, DataColumn column)
    {
        var values = Numbers(what, column, DataType.Float64);
        // One bit pattern for every NaN, so that frames compare by bytes.
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsNaN(values[i]))
                values[i] = double.NaN;
        }

        return DataColumn.Create(column.Name, values);
    }

    private static DataColumn Integers(string what, DataColumn column)
    {
        switch (column)
        {
            case DataColumn<long>:
                return column;
            case DataColumn<int> ints:
                return Widen(ints, static value => value);
            case DataColumn<bool> flags:
                return Widen(flags, static value => value ? 1 : 0);
            default:
                throw new InvalidInputException($"{what}: column '{column.Name}' holds {column.Type}, but the view keeps it as Int64. Convert the column, or declare its type in the view.");
        }
    }

    private static DataColumn<long> Widen<T>(DataColumn<T> column, Func<T, long> widen)
    {
        var values = new ColumnBuilder<long>(column.Name);
        var span = column.Span;
        for (var i = 0; i < span.Length; i++)
        {
            if (column.NullCount > 0 && column.IsNull(i))
                values.AddNull();
            else
                values.Add(widen(span[i]));
        }

        return values.Build();
    }

    private static double[] Numbers(string what, DataColumn column, DataType type) =>
        column.Type is DataType.String or DataType.Timestamp
            ? throw new InvalidInputException($"{what}: column '{column.Name}' holds {column.Type}, but the view keeps it as {type}. Convert the column, or declare its type in the view.")
            : column.AsDoubles();
}
