using System.Text.Json;

namespace MlOps;

/// <summary>
/// How the values of a column are spread, small enough to keep with the check: counts between quantile edges for numbers and moments, counts of
/// the most frequent values for texts and flags. Immutable by convention: do not change the arrays.
/// </summary>
public sealed record DistributionReference
{
    /// <summary>Upper edges of all bins but the last, ascending; a value belongs to the first bin whose edge is not below it. Moments are microseconds.</summary>
    public double[] Edges { get; init; } = [];

    /// <summary>The values that are counted one by one; empty for numbers.</summary>
    public string[] Values { get; init; } = [];

    /// <summary>Counts of the bins (one more than edges), or of the values and, last, of all others.</summary>
    public required long[] Counts { get; init; }

    /// <summary>Rows without a value.</summary>
    public required long Missing { get; init; }

    /// <summary>Whether the column holds numbers or moments.</summary>
    public required bool IsNumeric { get; init; }

    /// <summary>Learns how a column is spread.</summary>
    /// <param name="column">The column.</param>
    /// <param name="bins">At most so many bins, or values counted one by one; 2 to 10,000.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="InvalidInputException">The column has no values.</exception>
    public static DistributionReference Learn(DataColumn column, int bins = 200)
    {
        ArgumentNullException.ThrowIfNull(column);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 10_000);
        if (IsCategory(column))
        {
            var counts = Categories(column, out var missing);
            var frequent = counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(bins).ToArray();
            Require(column, counts.Count);
            return new DistributionReference
            {
                IsNumeric = false, Missing = missing, Values = [.. frequent.Select(pair => pair.Key)],
                Counts = [.. frequent.Select(pair => pair.Value), counts.Values.Sum() - frequent.Sum(pair => pair.Value)],
            };
        }

        var sorted = Array.FindAll(Numbers(column), value => !double.IsNaN(value));
        Require(column, sorted.Length);
        Array.Sort(sorted);
        var edges = new List<double>(bins);
        for (var i = 1; i < bins; i++)
        {
            var edge = sorted[(int)((long)i * (sorted.Length - 1) / bins)];
            if ((edges.Count == 0 || edge > edges[^1]) && edge < sorted[^1])
                edges.Add(edge);
        }

        var reference = new DistributionReference { IsNumeric = true, Edges = [.. edges], Counts = new long[edges.Count + 1], Missing = column.Length - sorted.Length };
        foreach (var value in sorted)
            reference.Counts[reference.BinOf(value)]++;
        return reference;
    }

    /// <summary>The reference as JSON.</summary>
    /// <returns>The text.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, DataCheckJsonContext.Default.DistributionReference);

    /// <summary>A reference from its JSON.</summary>
    /// <param name="json">The text.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="CorruptDataException">The text is no such reference.</exception>
    public static DistributionReference FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            var reference = JsonSerializer.Deserialize(json, DataCheckJsonContext.Default.DistributionReference);
            return reference is { Edges: not null, Values: not null, Counts: not null } && reference.Counts.Length == (reference.IsNumeric ? reference.Edges : (Array)reference.Values).Length + 1
                ? reference
                : throw new CorruptDataException("The stored reference distribution has a wrong number of counts.");
        }
        catch (JsonException e)
        {
            throw new CorruptDataException($"The text is no reference distribution: {e.Message}", e);
        }
    }

    internal static bool IsCategory(DataColumn column) => column.Type is DataType.String or DataType.Boolean;

    /// <summary>Counts a column in the bins of this reference.</summary>
    internal long[] Count(DataColumn column, out long missing)
    {
        var counts = new long[Counts.Length];
        missing = 0;
        if (IsNumeric)
        {
            foreach (var value in Numbers(column))
            {
                if (double.IsNaN(value))
                    missing++;
                else
                    counts[BinOf(value)]++;
            }

            return counts;
        }

        var places = Values.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        foreach (var (value, count) in Categories(column, out missing))
            counts[places.GetValueOrDefault(value, Values.Length)] += count;
        return counts;
    }

    private int BinOf(double value)
    {
        var at = Edges.AsSpan().BinarySearch(value);
        return at < 0 ? ~at : at;
    }

    private static double[] Numbers(DataColumn column)
    {
        if (column is not DataColumn<Timestamp> moments)
            return column.AsDoubles();
        var numbers = new double[moments.Length];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = moments.IsNull(i) ? double.NaN : moments[i].Microseconds;
        return numbers;
    }

    private static Dictionary<string, long> Categories(DataColumn column, out long missing)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        missing = 0;
        for (var row = 0; row < column.Length; row++)
        {
            if (column.IsNull(row))
            {
                missing++;
                continue;
            }

            var value = ValueText.Format(column, row);
            counts[value] = counts.GetValueOrDefault(value) + 1;
        }

        return counts;
    }

    private static void Require(DataColumn column, int values)
    {
        if (values == 0)
            throw new InvalidInputException($"Column '{column.Name}' has no values: a reference distribution is learned from sound data.");
    }
}
