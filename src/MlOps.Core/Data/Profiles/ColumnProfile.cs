namespace MlOps;

/// <summary>What one column of a frame holds.</summary>
/// <param name="Name">The column.</param>
/// <param name="Type">Its type.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Missing">Rows that are null or NaN.</param>
/// <param name="Distinct">Distinct values, nulls left out.</param>
/// <param name="Numbers">Statistics, when the column holds numbers or flags and any is there; else null.</param>
/// <param name="Frequent">The most frequent values of a text or flag column with their counts, at most ten; empty for others.</param>
public sealed record ColumnProfile(string Name, DataType Type, int Rows, int Missing, int Distinct, NumberProfile? Numbers, IReadOnlyList<KeyValuePair<string, long>> Frequent);
