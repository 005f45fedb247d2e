namespace MlOps.Learning;

public sealed partial class FeatureMatrix
{
    /// <summary>
    /// Takes columns of a frame: numbers as they are, booleans as 0 and 1, null as a missing value. Numbers are rounded to
    /// <see cref="float"/>; text and timestamps must be encoded by the caller first.
    /// </summary>
    /// <param name="frame">The frame.</param>
    /// <param name="featureNames">The columns to use, in the order of the model's input.</param>
    /// <param name="labelName">The label's column; absent for rows to predict.</param>
    /// <param name="weightName">The row weights' column; absent means 1 each.</param>
    /// <returns>The matrix. <see cref="float"/> columns without nulls are copied too, so the frame stays independent.</returns>
    /// <exception cref="NotFoundException">The frame has no such column.</exception>
    /// <exception cref="InvalidInputException">A column holds no numbers, or a label or weight is absent; the row is named.</exception>
    public static FeatureMatrix FromFrame(
        DataFrame frame, IReadOnlyList<string> featureNames, string? labelName = null, string? weightName = null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(featureNames);
        float[][] columns = new float[featureNames.Count][];
        for (int i = 0; i < columns.Length; i++)
            columns[i] = ToSingles(frame[featureNames[i]]);
        return new FeatureMatrix(
            featureNames,
            columns,
            labelName is null ? null : ToSingles(frame[labelName]),
            weightName is null ? null : ToSingles(frame[weightName]));
    }

    private static float[] ToSingles(DataColumn column) => column switch
    {
        DataColumn<float> values => Convert(values, static value => value),
        DataColumn<double> values => Convert(values, static value => (float)value),
        DataColumn<int> values => Convert(values, static value => value),
        DataColumn<long> values => Convert(values, static value => value),
        DataColumn<bool> values => Convert(values, static value => value ? 1f : 0f),
        _ => throw new InvalidInputException($"Column '{column.Name}' holds {column.Type}: a feature, label or weight must be a number or a boolean. Encode it first."),
    };

    private static float[] Convert<T>(DataColumn<T> column, Func<T, float> convert)
    {
        ReadOnlySpan<T> source = column.Span;
        float[] values = new float[source.Length];
        for (int row = 0; row < values.Length; row++)
            values[row] = convert(source[row]);
        for (int row = 0; column.NullCount > 0 && row < values.Length; row++)
        {
            if (column.IsNull(row))
                values[row] = float.NaN;
        }

        return values;
    }
}
