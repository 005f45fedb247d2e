using System.Globalization;

namespace MlOps.Features;

/// <summary>A function with its parameter, if it has one. Functions without parameters convert by themselves.</summary>
/// <param name="Function">What is computed.</param>
/// <param name="Parameter">How many for <see cref="AggregateFunction.LastN"/>, the size for <see cref="AggregateFunction.DistinctCount"/>, the rank for <see cref="AggregateFunction.Quantile"/>; else 0.</param>
public readonly record struct FeatureAggregate(AggregateFunction Function, double Parameter = 0)
{
    /// <summary>The largest number of values that <see cref="LastN"/> keeps.</summary>
    public const int MaxLast = 64;

    /// <summary>The values of the newest rows in the window, newest first: features <c>name_last1_7d</c> to <c>name_lastN_7d</c>.</summary>
    /// <param name="count">How many, 1 to 64.</param>
    /// <returns>The aggregate.</returns>
    public static FeatureAggregate LastN(int count) => new(AggregateFunction.LastN, count);

    /// <summary>
    /// The number of distinct values, from the <paramref name="size"/> smallest 64-bit hashes (k minimum values, Bar-Yossef et al. 2002): exact below
    /// the size, with a standard error of 1/√(size - 2) of the number from there on. It depends on the set of values only, not on their order.
    /// </summary>
    /// <param name="size">How many hashes are kept, 16 to 4096.</param>
    /// <returns>The aggregate.</returns>
    public static FeatureAggregate DistinctCount(int size = 256) => new(AggregateFunction.DistinctCount, size);

    /// <summary>
    /// A quantile from logarithmic buckets (DDSketch, Masson et al. 2019): within one percent of the value of that rank (the lower one between two).
    /// It depends on the values only, not on their order.
    /// </summary>
    /// <param name="rank">The rank, 0 to 1: 0.5 is the median.</param>
    /// <returns>The aggregate.</returns>
    public static FeatureAggregate Quantile(double rank) => new(AggregateFunction.Quantile, rank);

    /// <summary>A function without a parameter; <see cref="AggregateFunction.DistinctCount"/> gets its default.</summary>
    /// <param name="function">The function.</param>
    public static implicit operator FeatureAggregate(AggregateFunction function) =>
        function == AggregateFunction.DistinctCount ? DistinctCount() : new FeatureAggregate(function);

    /// <summary>How it stands in feature names, for instance <c>mean</c>, <c>distinct</c>, <c>p95</c>.</summary>
    internal IEnumerable<string> Labels() => Function switch
    {
        AggregateFunction.LastN => Enumerable.Range(1, (int)Math.Clamp(Parameter, 0, MaxLast)).Select(i => string.Create(CultureInfo.InvariantCulture, $"last{i}")),
        AggregateFunction.DistinctCount => ["distinct"],
        AggregateFunction.StandardDeviation => ["stddev"],
        AggregateFunction.Quantile => ["p" + ((decimal)Math.Clamp(Parameter, 0, 1) * 100).ToString("0.######", CultureInfo.InvariantCulture).Replace('.', '_')],
        _ => [Function.ToString().ToLowerInvariant()],
    };

    internal string? Mistake() => Function switch
    {
        AggregateFunction.LastN when Parameter is not (>= 1 and <= MaxLast) || Parameter != Math.Floor(Parameter) =>
            string.Create(CultureInfo.InvariantCulture, $"LastN({Parameter}) is not possible: keep 1 to {MaxLast} values, FeatureAggregate.LastN(5)"),
        AggregateFunction.DistinctCount when Parameter is not (>= 16 and <= 4096) || Parameter != Math.Floor(Parameter) =>
            string.Create(CultureInfo.InvariantCulture, $"DistinctCount({Parameter}) is not possible: keep 16 to 4096 hashes"),
        AggregateFunction.Quantile when Parameter is not (>= 0 and <= 1) =>
            string.Create(CultureInfo.InvariantCulture, $"Quantile({Parameter}) is not possible: the rank is 0 to 1, FeatureAggregate.Quantile(0.95)"),
        _ when !Enum.IsDefined(Function) => $"function {(int)Function} is not known",
        _ => null,
    };

    /// <inheritdoc />
    public override string ToString() =>
        Function is AggregateFunction.LastN or AggregateFunction.DistinctCount or AggregateFunction.Quantile
            ? string.Create(CultureInfo.InvariantCulture, $"{Function}({Parameter:R})")
            : Function.ToString();
}
