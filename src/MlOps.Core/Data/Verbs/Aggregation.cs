namespace MlOps;

/// <summary>What to compute of each group. Nulls are left out; a group without values gives null.</summary>
public sealed record Aggregation
{
    private Aggregation(AggregationKind kind, string column, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Kind = kind;
        Column = column;
        Name = name;
    }

    /// <summary>The name of the result.</summary>
    public string Name { get; }

    internal AggregationKind Kind { get; }

    internal string Column { get; }

    /// <summary>Rows, nulls included (long).</summary>
    /// <param name="name">The name of the result.</param>
    /// <returns>The aggregation.</returns>
    public static Aggregation Count(string name = "count") => new(AggregationKind.Count, "", name);

    /// <summary>Rows that are not null (long).</summary>
    /// <param name="column">The column.</param>
    /// <param name="name">The name of the result; null gives one from the column's.</param>
    /// <returns>The aggregation.</returns>
    public static Aggregation CountValues(string column, string? name = null) => new(AggregationKind.CountValues, column, name ?? $"{column}_count");

    /// <summary>Distinct values (long).</summary>
    /// <param name="column">The column.</param>
    /// <param name="name">The name of the result; null gives one from the column's.</param>
    /// <returns>The aggregation.</returns>
    public static Aggregation CountDistinct(string column, string? name = null) => new(AggregationKind.CountDistinct, column, name ?? $"{column}_distinct");

    /// <summary>The sum of numbers or flags (double).</summary>
    /// <param name="column">The column.</param>
    /// <param name="name">The name of the result; null gives one from the column's.</param>
    /// <returns>The aggregation.</returns>
    public static Aggregation Sum(string column, string? name = null) => new(AggregationKind.Sum, column, name ?? $"{column}_sum");

    /// <summary>The mean of numbers or flags (double).</summary>
    /// <param name="column">The column.</param>
    /// <param name="name">The name of the result; null gives one from the column's.</param>
    /// <returns>The aggregation.</returns>
    public static Aggregation Mean(string column, string? name = null) => new(AggregationKind.Mean, column, name ?? $"{column}_mean");

    /// <summary>The sample standard deviation (double); null for fewer than two values. Welford's algorithm.</summary>
    /// <param name="column">The column.</param>
    /// <param name="name">The name of the result; null gives one from the column's.</param>
    /// <returns>The aggregation.</returns>
    public static Aggregation StandardDeviation(string column, string? name = null) => new(AggregationKind.StandardDeviation, column, name ?? $"{column}_std");

    /// <summary>The smallest value, of the column's type.</summary>
    /// <param name="column">The column.</param>
    /// <param name="name">The name of the result; null gives one from the column's.</param>
    /// <returns>The aggregation.</returns>
    public static Aggregation Min(string column, string? name = null) => new(AggregationKind.Min, column, name ?? $"{column}_min");

    /// <summary>The greatest value, of the column's type.</summary>
    /// <param name="column">The column.</param>
    /// <param name="name">The name of the result; null gives one from the column's.</param>
    /// <returns>The aggregation.</returns>
    public static Aggregation Max(string column, string? name = null) => new(AggregationKind.Max, column, name ?? $"{column}_max");

    /// <summary>The first value in row order, of the column's type.</summary>
    /// <param name="column">The column.</param>
    /// <param name="name">The name of the result; null gives one from the column's.</param>
    /// <returns>The aggregation.</returns>
    public static Aggregation First(string column, string? name = null) => new(AggregationKind.First, column, name ?? $"{column}_first");

    /// <summary>The last value in row order, of the column's type.</summary>
    /// <param name="column">The column.</param>
    /// <param name="name">The name of the result; null gives one from the column's.</param>
    /// <returns>The aggregation.</returns>
    public static Aggregation Last(string column, string? name = null) => new(AggregationKind.Last, column, name ?? $"{column}_last");
}
