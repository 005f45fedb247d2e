namespace MlOps;

/// <summary>What a frame holds: types, gaps, spread, correlations and duplicates. Immutable.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">The columns in order.</param>
/// <param name="NumericColumns">The columns that <paramref name="Correlations"/> speaks of, in its order.</param>
/// <param name="Correlations">Pearson's correlation of every pair over the rows where both are finite; NaN where it is undefined.</param>
public sealed partial record DataProfile(int Rows, IReadOnlyList<ColumnProfile> Columns, IReadOnlyList<string> NumericColumns, IReadOnlyList<IReadOnlyList<double>> Correlations)
{
    /// <summary>Spearman's rank correlation of the same pairs over the rows where both are finite; NaN where it is undefined.</summary>
    public IReadOnlyList<IReadOnlyList<double>> RankCorrelations { get; init; } = [];

    /// <summary>How many rows the rank correlations come from; fewer than <see cref="Rows"/> when they are a sample.</summary>
    public int RankRows { get; init; }

    /// <summary>Rows that repeat an earlier one in every column (null equals null, NaN equals NaN); null when they were not counted. Counted by 64-bit hashes.</summary>
    public int? DuplicateRows { get; init; }

    /// <summary>The columns that should name a row; empty when none were said.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Rows whose keys stood in an earlier row; null when no keys were said.</summary>
    public int? DuplicateKeys { get; init; }

    /// <summary>Looks through a frame. Besides the frame it takes memory for a column at a time and for what <see cref="DataProfileOptions"/> bounds.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="options">How thoroughly; null means the defaults.</param>
    /// <returns>The profile.</returns>
    /// <exception cref="NotFoundException">A key is no column.</exception>
    public static DataProfile Of(DataFrame frame, DataProfileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        options ??= new DataProfileOptions();
        options.Check();
        var keys = options.Keys.Select(key => frame[key]).ToArray();
        var columns = frame.Columns.Select(column => Describe(column, options)).ToArray();
        var numeric = frame.Columns.Where(column => column.Type is not (DataType.String or DataType.Timestamp)).Take(options.MaxCorrelated).ToArray();
        var (pearson, spearman) = Correlate(numeric, frame.RowCount, options.MaxRankRows);
        return new DataProfile(frame.RowCount, columns, [.. numeric.Select(column => column.Name)], pearson)
        {
            RankCorrelations = spearman,
            RankRows = Math.Min(frame.RowCount, options.MaxRankRows),
            DuplicateRows = options.DuplicateRows ? Duplicates.Count(frame.Columns, frame.RowCount) : null,
            Keys = [.. options.Keys],
            DuplicateKeys = keys.Length == 0 ? null : Duplicates.Count(keys, frame.RowCount),
        };
    }

    private static ColumnProfile Describe(DataColumn column, DataProfileOptions options)
    {
        var numbers = column switch
        {
            DataColumn<string> => null,
            DataColumn<Timestamp> moments => Seconds(moments),
            _ => column.AsDoubles(),
        };
        var values = new DistinctCounter(options.MaxDistinct);
        var missing = 0;
        var block = new ulong[4_096];
        for (var start = 0; start < column.Length; start += block.Length)
        {
            var part = block.AsSpan(0, Math.Min(block.Length, column.Length - start));
            part.Clear();
            ValueHash.Mix(column, start, part);
            for (var i = 0; i < part.Length; i++)
            {
                var row = start + i;
                if ((column.NullCount > 0 && column.IsNull(row)) || (numbers is not null && double.IsNaN(numbers[row])))
                    missing++;
                else
                    values.Add(part[i], row);
            }
        }

        var listed = column.Type is DataType.String or DataType.Boolean or DataType.Int32 or DataType.Int64 && values.Counts is not null;
        var profile = numbers is null ? null : NumberProfile.Of(numbers, options);
        return new ColumnProfile(
            column.Name, column.Type, column.Length, missing, values.Count, column.Type == DataType.Timestamp ? null : profile,
            listed ? [.. values.Counts!.Values.OrderByDescending(value => value.Count).ThenBy(value => value.First).Take(options.TopValues).Select(value => KeyValuePair.Create(ValueText.Format(column, value.First), value.Count))] : [])
        {
            DistinctIsEstimate = values.IsEstimate,
            Times = column.Type == DataType.Timestamp ? profile : null,
        };
    }

    private static double[] Seconds(DataColumn<Timestamp> column)
    {
        var seconds = new double[column.Length];
        for (var i = 0; i < seconds.Length; i++)
            seconds[i] = column.IsNull(i) ? double.NaN : column[i].Microseconds / 1e6;
        return seconds;
    }

    private static (double[][] Pearson, double[][] Spearman) Correlate(DataColumn[] columns, int rows, int maxRankRows)
    {
        var (pearson, spearman) = (Square(columns.Length), Square(columns.Length));
        var step = Math.Max(1, (rows + maxRankRows - 1) / maxRankRows);
        var sampled = new double[columns.Length][];
        var ranks = new double[]?[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            var x = columns[i].AsDoubles();
            sampled[i] = Every(x, step);
            // A column without gaps has the same ranks beside every other such column.
            if (Array.TrueForAll(sampled[i], double.IsFinite))
                ranks[i] = Correlation.Ranks(sampled[i]);
            for (var j = 0; j <= i; j++)
            {
                pearson[i][j] = pearson[j][i] = Correlation.Pearson(x, j == i ? x : columns[j].AsDoubles());
                spearman[i][j] = spearman[j][i] = ranks[i] is { } left && ranks[j] is { } right
                    ? Correlation.Pearson(left, right)
                    : Correlation.Spearman(sampled[i], sampled[j]);
            }
        }

        return (pearson, spearman);
    }

    private static double[] Every(double[] values, int step)
    {
        if (step == 1)
            return values;
        var some = new double[(values.Length + step - 1) / step];
        for (var i = 0; i < some.Length; i++)
            some[i] = values[i * step];
        return some;
    }

    private static double[][] Square(int size) => Array.ConvertAll(new double[size][], _ => new double[size]);
}
