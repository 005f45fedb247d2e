namespace MlOps.Features;

/// <summary>The features of one window that are made of the same thing: totals of a column, its extremes, its buckets, its hashes, or its newest values.</summary>
internal sealed class WindowFold(ViewPlan plan, FoldKind kind, int column, int[] features)
{
    public FoldKind Kind => kind;

    public int Column => column;

    /// <summary>Features by number.</summary>
    public int[] Features => features;

    public bool WithSquares { get; } = features.Any(f => plan.Features[f].Function is AggregateFunction.Variance or AggregateFunction.StandardDeviation);

    public RankCounter? Counter { get; } = kind is FoldKind.Buckets or FoldKind.Distinct ? new RankCounter(kind == FoldKind.Distinct) : null;

    /// <summary>How many of the newest rows are wanted.</summary>
    public int Depth { get; } = kind == FoldKind.Last ? features.Max(f => (int)plan.Features[f].Parameter) : 0;

    /// <summary>By step and place, the newest rows.</summary>
    public int[] Newest = [];

    public Totals Running = Totals.Empty;

    public NumberSink[] Sinks { get; } = new NumberSink[features.Length];

    public static FoldKind KindOf(AggregateFunction function) => function switch
    {
        AggregateFunction.Min or AggregateFunction.Max => FoldKind.Extremes,
        AggregateFunction.Quantile => FoldKind.Buckets,
        AggregateFunction.DistinctCount => FoldKind.Distinct,
        AggregateFunction.LastN => FoldKind.Last,
        _ => FoldKind.Totals,
    };
}
