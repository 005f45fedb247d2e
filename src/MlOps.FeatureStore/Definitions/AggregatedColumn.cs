namespace MlOps.Features;

/// <summary>A column that is folded over windows, in fixed point so that every executor gets the same bits.</summary>
public sealed record AggregatedColumn
{
    /// <summary>The name in feature names.</summary>
    public required string Name { get; init; }

    /// <summary>The column of the rows; bool (0 and 1) or any number. Nulls and NaN are skipped.</summary>
    public required string Column { get; init; }

    /// <summary>
    /// Units per 1.0: a value is kept as <c>round(value * Scale)</c>, half to even, in 32 bits, so that sums of up to 2^31 values are exact.
    /// </summary>
    /// <value>1000 by default: three decimals, values up to 2,147,483.</value>
    public int Scale { get; init; } = 1000;

    /// <summary>What is computed.</summary>
    public required IReadOnlyList<AggregateFunction> Functions { get; init; }

    /// <summary>Over which windows.</summary>
    public required IReadOnlyList<FeatureWindow> Windows { get; init; }
}
