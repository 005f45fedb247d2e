namespace MlOps.Features;

/// <summary>Columns as feature values and back, block by block without boxing.</summary>
internal static class ColumnValues
{
    /// <summary>Rows that are held as values at a time.</summary>
    public const int BlockRows = 256;

    /// <summary>Writes a run of rows into every <paramref name="stride"/>-th place.</summary>
    public static void Fill(DataColumn column, int start, int count, Span<FeatureValue> destination, int stride)
    {
        switch (column)
        {
            case DataColumn<float> values:
                Copy(values, start, count, destination, stride);
                break;
            case DataColumn<double> values:
                Copy(values, start, count, destination, stride);
                break;
            case DataColumn<long> values:
                Copy(values, start, count, destination, stride);
                break;
            case DataColumn<int> values:
                Copy(values, start, count, destination, stride);
                break;
            case DataColumn<bool> values:
                Copy(values, start, count, destination, stride);
                break;
            case DataColumn<string> values:
                Copy(values, start, count, destination, stride);
                break;
            default:
                Copy((DataColumn<Timestamp>)column, start, count, destination, stride);
                break;
        }
    }

    /// <summary>Appends every <paramref name="stride"/>-th value to a column of the values' type; a missing float becomes NaN, as the store writes it.</summary>
    public static void Append(ColumnBuilder builder, int count, ReadOnlySpan<FeatureValue> values, int stride)
    {
        switch (builder)
        {
            case ColumnBuilder<float> floats:
                for (var i = 0; i < count; i++)
                    floats.Add(values[i * stride].ToSingle());
                break;
            case ColumnBuilder<double> doubles:
                for (var i = 0; i < count; i++)
                    doubles.Add(values[i * stride].ToDouble());
                break;
            case ColumnBuilder<long> longs:
                Add(longs, count, values, stride);
                break;
            case ColumnBuilder<int> integers:
                Add(integers, count, values, stride);
                break;
            case ColumnBuilder<bool> flags:
                Add(flags, count, values, stride);
                break;
            case ColumnBuilder<string> texts:
                Add(texts, count, values, stride);
                break;
            default:
                Add((ColumnBuilder<Timestamp>)builder, count, values, stride);
                break;
        }
    }

    private static void Copy<T>(DataColumn<T> column, int start, int count, Span<FeatureValue> destination, int stride)
    {
        var values = column.Span.Slice(start, count);
        var hasNulls = column.NullCount > 0;
        var none = FeatureValue.None(ValueTypes.Of<T>());
        for (var i = 0; i < values.Length; i++)
            destination[i * stride] = hasNulls && column.IsNull(start + i) ? none : ValueTypes.From(values[i]);
    }

    private static void Add<T>(ColumnBuilder<T> builder, int count, ReadOnlySpan<FeatureValue> values, int stride)
    {
        for (var i = 0; i < count; i++)
        {
            if (values[i * stride].HasValue)
                builder.Add(ValueTypes.To<T>(in values[i * stride]));
            else
                builder.AddNull();
        }
    }
}
