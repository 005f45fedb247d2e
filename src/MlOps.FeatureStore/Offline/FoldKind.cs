namespace MlOps.Features;

/// <summary>What a fold keeps of the rows in a window.</summary>
internal enum FoldKind
{
    Totals,
    Extremes,
    Buckets,
    Distinct,
    Last,
}
