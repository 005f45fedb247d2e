namespace MlOps.Features;

/// <summary>What an aggregation yields over a window. Stored in definitions by name.</summary>
public enum AggregateFunction
{
    /// <summary>How many values were there (nulls and NaN are not values); 0 over nothing.</summary>
    Count = 1,

    /// <summary>Their exact sum; 0 over nothing.</summary>
    Sum = 2,

    /// <summary>Their mean; NaN over nothing.</summary>
    Mean = 3,

    /// <summary>The smallest; NaN over nothing.</summary>
    Min = 4,

    /// <summary>The largest; NaN over nothing.</summary>
    Max = 5,

    /// <summary>Their population variance, mean((x - mean)²), from exact sums; NaN over nothing.</summary>
    Variance = 6,

    /// <summary>The square root of <see cref="Variance"/>.</summary>
    StandardDeviation = 7,

    /// <summary>
    /// The values of the newest rows of the window, newest first, one feature each; see <see cref="FeatureAggregate.LastN"/>. A row without a value
    /// takes its place as NaN.
    /// </summary>
    LastN = 8,

    /// <summary>How many distinct values there were, texts included: exact up to a number, then estimated; see <see cref="FeatureAggregate.DistinctCount"/>.</summary>
    DistinctCount = 9,

    /// <summary>A quantile within one percent of the value; see <see cref="FeatureAggregate.Quantile"/>.</summary>
    Quantile = 10,
}
