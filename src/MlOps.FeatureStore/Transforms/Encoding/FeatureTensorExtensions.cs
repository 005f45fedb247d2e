namespace MlOps.Features;

/// <summary>Frames as tensors.</summary>
public static class FeatureTensorExtensions
{
    /// <summary>Numeric columns as a row-major matrix of floats; flags are 0 and 1.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="columns">Which, in order; every numeric column when left out.</param>
    /// <param name="missing">What stands for a missing number.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="InvalidInputException">A column holds text or moments, or a number is missing that may not.</exception>
    public static FeatureTensor ToTensor(this DataFrame frame, IReadOnlyList<string>? columns = null, MissingNumbers missing = MissingNumbers.Keep)
    {
        ArgumentNullException.ThrowIfNull(frame);
        string[] names = [.. columns ?? frame.Columns.Where(column => column.Type is not (DataType.String or DataType.Timestamp)).Select(column => column.Name)];
        if (names.Length == 0)
            throw new InvalidInputException("A tensor needs at least one numeric column: name the columns, or encode texts and moments first.");
        var values = frame.ToMatrix(names);
        for (var i = 0; i < values.Length && missing != MissingNumbers.Keep; i++)
        {
            if (!float.IsNaN(values[i]))
                continue;
            if (missing == MissingNumbers.Refuse)
                throw new InvalidInputException($"Column '{names[i % names.Length]}' has no number in row {i / names.Length}: drop such rows, impute them with FeatureEncoding, or choose another MissingNumbers.");
            values[i] = 0;
        }

        return new FeatureTensor(values, frame.RowCount, names);
    }
}
