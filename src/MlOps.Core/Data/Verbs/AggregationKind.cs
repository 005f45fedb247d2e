namespace MlOps;

internal enum AggregationKind
{
    Count,
    CountValues,
    CountDistinct,
    Sum,
    Mean,
    StandardDeviation,
    Min,
    Max,
    First,
    Last,
}
