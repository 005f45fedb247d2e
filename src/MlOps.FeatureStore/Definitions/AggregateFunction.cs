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
}
