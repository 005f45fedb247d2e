namespace MlOps.Features;

/// <summary>A column that is folded over windows, in fixed point so that every executor gets the same bits.</summary>
public sealed record AggregatedColumn
{
    /// <summary>The name in feature names.</summary>
    public required string Name { get; init; }

    /// <summary>The column of the rows; bool (0 and 1) or any number; for <see cref="AggregateFunction.DistinctCount"/> texts too. Nulls and NaN are skipped.</summary>
    public required string Column { get; init; }

    /// <summary>
    /// Units per 1.0: a value is kept as <c>round(value * Scale)</c>, half to even, up to 2^50 units, and summed up in 128 bits, so that sums are exact.
    /// <see cref="AggregateFunction.LastN"/> and <see cref="AggregateFunction.DistinctCount"/> take values as they are.
    /// </summary>
    /// <value>1000 by default: three decimals, values up to 1.1e12.</value>
    public int Scale { get; init; } = 1000;

    /// <summary>The type of the features: Float32 or Float64.</summary>
    /// <value>Float32 by default.</value>
    public DataType Type { get; init; } = DataType.Float32;

    /// <summary>What is computed.</summary>
    public required IReadOnlyList<FeatureAggregate> Functions { get; init; }

    /// <summary>Over which windows.</summary>
    public required IReadOnlyList<FeatureWindow> Windows { get; init; }
}
