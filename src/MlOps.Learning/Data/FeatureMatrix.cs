namespace MlOps.Learning;

/// <summary>
/// A table of <see cref="float"/> features, stored column by column, with optional labels and row weights.
/// </summary>
/// <remarks>
/// A missing value is <see cref="float.NaN"/>. Columns, labels and weights are taken without copying: do not change the arrays
/// afterwards. Reading is thread-safe.
/// </remarks>
public sealed partial class FeatureMatrix
{
    private readonly float[][] _columns;
    private readonly float[]? _labels;
    private readonly float[]? _weights;

    /// <summary>Creates a matrix over columns.</summary>
    /// <param name="featureNames">One unique name per column.</param>
    /// <param name="columns">The columns, all of one length; NaN is a missing value.</param>
    /// <param name="labels">One label per row: 0 or 1 for binary classification, any finite number for regression.</param>
    /// <param name="weights">One non-negative weight per row; absent means 1.</param>
    /// <exception cref="InvalidInputException">Names repeat, lengths differ, or a label or weight is not usable; the row is named.</exception>
    public FeatureMatrix(IReadOnlyList<string> featureNames, float[][] columns, float[]? labels = null, float[]? weights = null)
    {
        ArgumentNullException.ThrowIfNull(featureNames);
        ArgumentNullException.ThrowIfNull(columns);
        if (featureNames.Count != columns.Length)
            throw new InvalidInputException($"{featureNames.Count} feature names were given for {columns.Length} columns: give one name per column.");

        RowCount = columns.Length > 0 ? columns[0].Length : labels?.Length ?? 0;
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int i = 0; i < columns.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(featureNames[i]))
                throw new InvalidInputException($"Feature {i} has an empty name: give each feature a unique name.");
            if (!seen.Add(featureNames[i]))
                throw new InvalidInputException($"Feature '{featureNames[i]}' appears twice: give each feature a unique name.");
            if (columns[i].Length != RowCount)
                throw new InvalidInputException($"Feature '{featureNames[i]}' has {columns[i].Length} rows, but '{featureNames[0]}' has {RowCount}: columns must be of one length.");
        }

        RequireLength(labels, "labels");
        RequireLength(weights, "weights");
        for (int row = 0; labels is not null && row < labels.Length; row++)
        {
            if (!float.IsFinite(labels[row]))
                throw new InvalidInputException($"The label of row {row} is {labels[row]}: drop rows whose outcome is not known before training.");
        }

        for (int row = 0; weights is not null && row < weights.Length; row++)
        {
            if (!float.IsFinite(weights[row]) || weights[row] < 0)
                throw new InvalidInputException($"The weight of row {row} is {weights[row]}: weights must be finite and not negative.");
        }

        FeatureNames = [.. featureNames];
        _columns = columns;
        _labels = labels;
        _weights = weights;
    }

    /// <summary>The column names, in column order.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>The number of rows.</summary>
    public int RowCount { get; }

    /// <summary>The number of features.</summary>
    public int ColumnCount => _columns.Length;

    /// <summary>Whether labels are there.</summary>
    public bool HasLabels => _labels is not null;

    /// <summary>Whether row weights are there.</summary>
    public bool HasWeights => _weights is not null;

    /// <summary>The labels, one per row.</summary>
    /// <exception cref="InvalidInputException">The matrix has none.</exception>
    public ReadOnlySpan<float> Labels => _labels
        ?? throw new InvalidInputException("The feature matrix has no labels: pass labels (or a label column) for training and evaluation.");

    /// <summary>The row weights, or an empty span where every row weighs 1.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>Creates a matrix from row-major values.</summary>
    /// <param name="featureNames">One unique name per column.</param>
    /// <param name="rowMajor">Values, <c>[rows, columns]</c>; copied.</param>
    /// <param name="labels">One label per row.</param>
    /// <param name="weights">One weight per row.</param>
    /// <returns>The matrix.</returns>
    /// <exception cref="InvalidInputException">The length is no multiple of the number of names, or as for the constructor.</exception>
    public static FeatureMatrix FromRows(
        IReadOnlyList<string> featureNames, ReadOnlySpan<float> rowMajor, float[]? labels = null, float[]? weights = null)
    {
        ArgumentNullException.ThrowIfNull(featureNames);
        int width = featureNames.Count;
        if (width == 0 ? rowMajor.Length > 0 : rowMajor.Length % width != 0)
            throw new InvalidInputException($"{rowMajor.Length} values are not a whole number of rows of {width} features.");

        int rows = width == 0 ? 0 : rowMajor.Length / width;
        float[][] columns = new float[width][];
        for (int column = 0; column < width; column++)
        {
            float[] values = new float[rows];
            for (int row = 0; row < rows; row++)
                values[row] = rowMajor[(row * width) + column];
            columns[column] = values;
        }

        return new FeatureMatrix(featureNames, columns, labels, weights);
    }

    /// <summary>The values of one feature, one per row.</summary>
    /// <param name="index">The column's position.</param>
    /// <returns>The column, not copied.</returns>
    public ReadOnlySpan<float> Column(int index) => _columns[index];

    /// <summary>Copies one row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="destination">At least <see cref="ColumnCount"/> long.</param>
    public void CopyRow(int row, Span<float> destination)
    {
        for (int column = 0; column < _columns.Length; column++)
            destination[column] = _columns[column][row];
    }

    /// <summary>Copies the named rows, in the order given, to a new matrix; a row may be named more than once.</summary>
    /// <param name="rows">Row numbers.</param>
    /// <returns>The new matrix, with the labels and weights of those rows.</returns>
    public FeatureMatrix SelectRows(ReadOnlySpan<int> rows)
    {
        float[][] columns = new float[_columns.Length][];
        for (int column = 0; column < columns.Length; column++)
            columns[column] = Pick(_columns[column], rows);
        return new FeatureMatrix(FeatureNames, columns, _labels is null ? null : Pick(_labels, rows), _weights is null ? null : Pick(_weights, rows));
    }

    /// <summary>Splits off the last rows, as a held-out period when rows are in time order.</summary>
    /// <param name="headRows">The number of rows in the first part.</param>
    /// <returns>The first <paramref name="headRows"/> rows and the rest.</returns>
    public (FeatureMatrix Head, FeatureMatrix Tail) SplitAt(int headRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(headRows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(headRows, RowCount);
        return (Slice(..headRows), Slice(headRows..));
    }

    private FeatureMatrix Slice(Range range) =>
        new(FeatureNames, Array.ConvertAll(_columns, column => column[range]), _labels?[range], _weights?[range]);

    private static float[] Pick(float[] source, ReadOnlySpan<int> rows)
    {
        float[] picked = new float[rows.Length];
        for (int i = 0; i < picked.Length; i++)
            picked[i] = source[rows[i]];
        return picked;
    }

    private void RequireLength(float[]? values, string what)
    {
        if (values is not null && values.Length != RowCount)
            throw new InvalidInputException($"There are {values.Length} {what} for {RowCount} rows: give one per row.");
    }
}
