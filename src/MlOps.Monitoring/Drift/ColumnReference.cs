namespace MlOps.Monitoring;

/// <summary>
/// The distribution of one numeric column when the model was trained: counts between quantile edges frozen on the reference, with
/// open ends. Windows counted in the same bins add up exactly across replicas, and PSI and KS follow from them.
/// </summary>
public sealed record ColumnReference
{
    /// <summary>The column's name.</summary>
    public required string Name { get; init; }

    /// <summary>Upper edges of all bins but the last, ascending; a value belongs to the first bin whose edge is not below it.</summary>
    public required float[] Edges { get; init; }

    /// <summary>Reference rows by bin; one more than edges.</summary>
    public required long[] Counts { get; init; }

    /// <summary>Reference rows without a value.</summary>
    public required long Missing { get; init; }

    /// <summary>The mean of the reference values.</summary>
    public required double Mean { get; init; }

    /// <summary>The standard deviation of the reference values.</summary>
    public required double StandardDeviation { get; init; }

    /// <summary>Learns a column.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">The reference values; NaN means missing.</param>
    /// <param name="bins">At most so many bins, 2 to 1,024; fewer when there are fewer distinct values.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="InvalidInputException">The column has no rows.</exception>
    public static ColumnReference Learn(string name, ReadOnlySpan<float> values, int bins = 64)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 1024);
        if (values.IsEmpty)
            throw new InvalidInputException($"Column '{name}' has no rows: a reference needs data.");
        var present = new float[values.Length];
        var count = 0;
        double sum = 0, squares = 0;
        foreach (var value in values)
        {
            if (float.IsNaN(value))
                continue;
            present[count++] = value;
            sum += value;
        }

        var mean = count == 0 ? 0 : sum / count;
        for (var i = 0; i < count; i++)
            squares += (present[i] - mean) * (present[i] - mean);
        var sorted = present.AsSpan(0, count);
        sorted.Sort();
        var edges = new List<float>(bins);
        for (var i = 1; i < bins && count > 0; i++)
        {
            var edge = sorted[(int)((long)i * count / bins)];
            if ((edges.Count == 0 || edge > edges[^1]) && edge < sorted[count - 1])
                edges.Add(edge);
        }

        var reference = new ColumnReference
        {
            Name = name, Edges = [.. edges], Counts = new long[edges.Count + 1], Missing = values.Length - count,
            Mean = mean, StandardDeviation = count == 0 ? 0 : Math.Sqrt(squares / count),
        };
        foreach (var value in sorted)
            reference.Counts[reference.BinOf(value)]++;
        return reference;
    }

    /// <summary>The bin of a value.</summary>
    /// <param name="value">The value; not NaN.</param>
    /// <returns>The bin, from 0.</returns>
    public int BinOf(float value)
    {
        var low = 0;
        for (var high = Edges.Length; low < high;)
        {
            var middle = (low + high) >>> 1;
            if (Edges[middle] >= value)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
