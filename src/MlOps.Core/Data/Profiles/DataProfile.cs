namespace MlOps;

/// <summary>What a frame holds: types, gaps, spread and correlations. Immutable.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">The columns in order.</param>
/// <param name="NumericColumns">The columns that <paramref name="Correlations"/> speaks of, in its order.</param>
/// <param name="Correlations">Pearson's correlation of every pair over the rows where both are finite; NaN where it is undefined.</param>
public sealed record DataProfile(int Rows, IReadOnlyList<ColumnProfile> Columns, IReadOnlyList<string> NumericColumns, IReadOnlyList<IReadOnlyList<double>> Correlations)
{
    private const int FrequentValues = 10;

    /// <summary>Looks through a frame; every column is read a few times, every pair of numeric ones once.</summary>
    /// <param name="frame">The frame.</param>
    /// <returns>The profile.</returns>
    public static DataProfile Of(DataFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var numbers = frame.Columns.Where(column => column.Type is not (DataType.String or DataType.Timestamp)).ToDictionary(column => column.Name, column => column.AsDoubles());
        var columns = frame.Columns.Select(column => Describe(column, numbers.GetValueOrDefault(column.Name))).ToArray();
        var names = frame.Columns.Select(column => column.Name).Where(numbers.ContainsKey).ToArray();
        var correlations = new double[names.Length][];
        for (var i = 0; i < names.Length; i++)
        {
            correlations[i] = new double[names.Length];
            for (var j = 0; j <= i; j++)
                correlations[i][j] = correlations[j][i] = Correlation(numbers[names[i]], numbers[names[j]]);
        }

        return new DataProfile(frame.RowCount, columns, names, correlations);
    }

    private static ColumnProfile Describe(DataColumn column, double[]? numbers)
    {
        var codes = new ValueCodes();
        var rows = column.Encode(codes, grow: true);
        var counts = new long[codes.Count];
        var first = new int[codes.Count];
        for (var i = rows.Length - 1; i >= 0; i--)
        {
            counts[rows[i]]++;
            first[rows[i]] = i;
        }

        var present = Enumerable.Range(0, counts.Length).Where(code => !IsMissing(column, first[code], numbers)).ToArray();
        KeyValuePair<string, long>[] frequent = column.Type is DataType.String or DataType.Boolean
            ? [.. present.OrderByDescending(code => counts[code]).ThenBy(code => first[code]).Take(FrequentValues).Select(code => KeyValuePair.Create(ValueText.Format(column, first[code]), counts[code]))]
            : [];
        var missing = Enumerable.Range(0, rows.Length).Count(row => IsMissing(column, row, numbers));
        return new ColumnProfile(column.Name, column.Type, column.Length, missing, present.Length, numbers is null ? null : NumberProfile.Of(numbers), frequent);
    }

    private static bool IsMissing(DataColumn column, int row, double[]? numbers) => column.IsNull(row) || (numbers is not null && double.IsNaN(numbers[row]));

    private static double Correlation(double[] x, double[] y)
    {
        var (count, meanX, meanY, xx, yy, xy) = (0L, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            if (!double.IsFinite(x[i]) || !double.IsFinite(y[i]))
                continue;
            count++;
            var (dx, dy) = (x[i] - meanX, y[i] - meanY);
            meanX += dx / count;
            meanY += dy / count;
            xx += dx * (x[i] - meanX);
            yy += dy * (y[i] - meanY);
            xy += dx * (y[i] - meanY);
        }

        return xx > 0 && yy > 0 ? Math.Clamp(xy / Math.Sqrt(xx * yy), -1, 1) : double.NaN;
    }
}
