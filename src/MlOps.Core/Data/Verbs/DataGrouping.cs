namespace MlOps;

/// <summary>Rows of a frame in groups of equal keys. Immutable and thread-safe.</summary>
public sealed class DataGrouping
{
    private readonly DataFrame _frame;
    private readonly DataColumn[] _keys;
    private readonly int[] _starts;
    private readonly int[] _members;

    internal DataGrouping(DataFrame frame, DataColumn[] keys, int[] starts, int[] members)
    {
        _frame = frame;
        _keys = keys;
        _starts = starts;
        _members = members;
    }

    /// <summary>How many groups there are.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>The rows of a group, in order, copied.</summary>
    /// <param name="group">The group, from 0.</param>
    /// <returns>The rows.</returns>
    public DataFrame Rows(int group)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)group, (uint)Count);
        return _frame.Take(Members(group));
    }

    /// <summary>One row per group: its keys and what was asked for.</summary>
    /// <param name="aggregations">What to compute.</param>
    /// <returns>The summary; groups in the order of their first rows.</returns>
    public DataFrame Aggregate(params IEnumerable<Aggregation> aggregations)
    {
        ArgumentNullException.ThrowIfNull(aggregations);
        var first = new int[Count];
        for (var g = 0; g < first.Length; g++)
            first[g] = _members[_starts[g]];
        var columns = _keys.Select(key => key.Take(first)).ToList();
        columns.AddRange(aggregations.Select(Compute));
        return new DataFrame(columns);
    }

    private ReadOnlySpan<int> Members(int group) => _members.AsSpan(_starts[group], _starts[group + 1] - _starts[group]);

    private DataColumn Compute(Aggregation aggregation)
    {
        if (aggregation.Kind == AggregationKind.Count)
            return DataColumn.Create(aggregation.Name, Enumerable.Range(0, Count).Select(g => (long)Members(g).Length).ToArray());
        var column = _frame[aggregation.Column];
        return aggregation.Kind switch
        {
            AggregationKind.CountValues => DataColumn.Create(aggregation.Name, PerGroup(column, static (_, rows) => (long)rows.Length)),
            AggregationKind.CountDistinct => DataColumn.Create(aggregation.Name, Distinct(column)),
            AggregationKind.First => Pick(column, static (_, rows) => rows[0]).Rename(aggregation.Name),
            AggregationKind.Last => Pick(column, static (_, rows) => rows[^1]).Rename(aggregation.Name),
            AggregationKind.Min => Extreme(column, aggregation.Name, sign: 1),
            AggregationKind.Max => Extreme(column, aggregation.Name, sign: -1),
            _ => Moments(column, aggregation),
        };
    }

    // Null rows never reach an aggregation; a group of nulls alone gives null.
    private int[] Present(DataColumn column, int group)
    {
        var rows = Members(group);
        return column.NullCount == 0 ? rows.ToArray() : Array.FindAll(rows.ToArray(), row => !column.IsNull(row));
    }

    private T[] PerGroup<T>(DataColumn column, Func<DataColumn, int[], T> compute) =>
        Enumerable.Range(0, Count).Select(g => compute(column, Present(column, g))).ToArray();

    private DataColumn Pick(DataColumn column, Func<DataColumn, int[], int> choose) =>
        column.Take(PerGroup(column, (c, rows) => rows.Length == 0 ? -1 : choose(c, rows)));

    private long[] Distinct(DataColumn column)
    {
        var codes = column.Encode(new ValueCodes(), grow: true);
        return PerGroup(column, (_, rows) => (long)rows.Select(row => codes[row]).Distinct().Count());
    }

    private DataColumn Extreme(DataColumn column, string name, int sign)
    {
        var keys = column.OrderKeys();
        return Pick(column, (_, rows) =>
        {
            var best = rows[0];
            foreach (var row in rows)
            {
                if (keys[row].CompareTo(keys[best]) * sign < 0)
                    best = row;
            }

            return best;
        }).Rename(name);
    }

    private DataColumn Moments(DataColumn column, Aggregation aggregation)
    {
        var builder = new ColumnBuilder<double>(aggregation.Name, Count);
        var numbers = column.AsDoubles();
        for (var g = 0; g < Count; g++)
        {
            var (count, mean, squares, sum) = (0L, 0.0, 0.0, 0.0);
            foreach (var row in Members(g))
            {
                if (column.NullCount > 0 && column.IsNull(row))
                    continue;
                var value = numbers[row];
                count++;
                sum += value;
                var delta = value - mean;
                mean += delta / count;
                squares += delta * (value - mean);
            }

            if (count == 0 || (aggregation.Kind == AggregationKind.StandardDeviation && count == 1))
                builder.AddNull();
            else
                builder.Add(aggregation.Kind switch { AggregationKind.Sum => sum, AggregationKind.Mean => sum / count, _ => Math.Sqrt(squares / (count - 1)) });
        }

        return builder.Build();
    }
}
