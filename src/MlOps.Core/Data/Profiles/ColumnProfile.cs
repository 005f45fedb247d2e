namespace MlOps;

/// <summary>What one column of a frame holds.</summary>
/// <param name="Name">The column.</param>
/// <param name="Type">Its type.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Missing">Rows that are null or NaN.</param>
/// <param name="Distinct">Distinct values, missing ones left out; see <see cref="DistinctIsEstimate"/>.</param>
/// <param name="Numbers">Statistics, when the column holds numbers or flags and any is there; else null.</param>
/// <param name="Frequent">
/// The most frequent values with their counts (text, flags, integers); empty for others, and where the values are too many to be counted each.
/// </param>
public sealed record ColumnProfile(string Name, DataType Type, int Rows, int Missing, int Distinct, NumberProfile? Numbers, IReadOnlyList<KeyValuePair<string, long>> Frequent)
{
    /// <summary>Whether <see cref="Distinct"/> is an estimate (HyperLogLog, standard error 0.8 %) because there are more than <see cref="DataProfileOptions.MaxDistinct"/>.</summary>
    public bool DistinctIsEstimate { get; init; }

    /// <summary>Statistics of a timestamp column, in seconds since 1970 (UTC); null for others, and where no moment is there.</summary>
    public NumberProfile? Times { get; init; }

    /// <summary>The share of rows that are missing; 0 of no rows.</summary>
    public double MissingShare => Rows == 0 ? 0 : (double)Missing / Rows;

    /// <summary>Whether every value that is there is the same one.</summary>
    public bool IsConstant => Distinct == 1;
}
