namespace MlOps.Features;

/// <summary>What the features of a view need of a fixed-point column beside count and sum.</summary>
[Flags]
internal enum ColumnUse
{
    Totals = 0,
    Extremes = 1,
    Squares = 2,
    Buckets = 4,
}
