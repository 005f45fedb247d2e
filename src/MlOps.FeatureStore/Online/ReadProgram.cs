namespace MlOps.Features;

/// <summary>Features to be read, brought into the order in which they are computed: window by window, column by column; neighbouring floats in one copy.</summary>
internal sealed class ReadProgram
{
    public ReadProgram(OnlineLayout layout, ReadOnlySpan<int> features)
    {
        var plan = layout.Plan;
        Length = features.Length;
        Types = new DataType[Length];
        IsZeroOverNothing = new bool[Length];
        var runs = new List<Run>();
        var plains = new List<PlainOp>();
        var windowed = new List<(int At, PlannedFeature Feature)>();
        for (var i = 0; i < features.Length; i++)
        {
            var feature = plan.Features[features[i]];
            Types[i] = feature.Type;
            IsZeroOverNothing[i] = feature.Function is AggregateFunction.Count or AggregateFunction.Sum or AggregateFunction.DistinctCount;
            if (feature.Window >= 0)
            {
                windowed.Add((i, feature));
                continue;
            }

            var place = layout.Plain[feature.Column];
            if (place.Type != DataType.Float32)
                plains.Add(new PlainOp(i, place, feature.TimeToLive));
            else if (runs.Count > 0 && runs[^1] is var last && last.Destination + last.Length == i && last.Half + last.Length == place.At && last.TimeToLive == feature.TimeToLive)
                runs[^1] = last with { Length = last.Length + 1 };
            else
                runs.Add(new Run(i, place.At, 1, feature.TimeToLive));
        }

        Runs = [.. runs];
        Plains = [.. plains];
        Windows = [.. windowed.Where(op => op.Feature.Function != AggregateFunction.LastN).GroupBy(op => op.Feature.Window).OrderBy(group => group.Key).Select(group => new WindowGroup(
            group.Key,
            plan.Windows[group.Key].Kind == FeatureWindowKind.Lifetime,
            [.. group.Where(op => op.Feature.Function != AggregateFunction.DistinctCount).GroupBy(op => op.Feature.Column).Select(column => new FixedGroup(
                column.Key, plan.Fixed[column.Key].Scale,
                column.Any(op => op.Feature.Function is AggregateFunction.Variance or AggregateFunction.StandardDeviation),
                column.Any(op => op.Feature.Function is AggregateFunction.Min or AggregateFunction.Max),
                [.. column.Where(op => op.Feature.Function != AggregateFunction.Quantile).Select(op => new Op(op.At, op.Feature.Function, op.Feature.Parameter))],
                [.. column.Where(op => op.Feature.Function == AggregateFunction.Quantile).Select(op => new Op(op.At, op.Feature.Function, op.Feature.Parameter))]))],
            [.. group.Where(op => op.Feature.Function == AggregateFunction.DistinctCount).GroupBy(op => op.Feature.Column).Select(column => new HashedGroup(
                column.Key, [.. column.Select(op => new Op(op.At, op.Feature.Function, op.Feature.Parameter))]))]))];
        Lasts = [.. windowed.Where(op => op.Feature.Function == AggregateFunction.LastN).GroupBy(op => op.Feature.Window).Select(group => new LastGroup(
            group.Key, [.. group.OrderBy(op => op.Feature.Parameter).Select(op => new LastOp(op.At, (int)op.Feature.Parameter, layout.Plain[op.Feature.Column]))]))];
    }

    /// <summary>How many features are written.</summary>
    public int Length { get; }

    public DataType[] Types { get; }

    /// <summary>Which features are 0 over nothing; the others have no value then.</summary>
    public bool[] IsZeroOverNothing { get; }

    public Run[] Runs { get; }

    public PlainOp[] Plains { get; }

    public WindowGroup[] Windows { get; }

    public LastGroup[] Lasts { get; }

    public void WriteUnknown<TSink>(scoped ref TSink sink)
        where TSink : struct, IFeatureSink, allows ref struct
    {
        for (var i = 0; i < Types.Length; i++)
        {
            if (IsZeroOverNothing[i])
                sink.Number(i, Types[i], 0);
            else
                sink.None(i, Types[i]);
        }
    }

    internal readonly record struct Run(int Destination, int Half, int Length, long TimeToLive);

    internal readonly record struct PlainOp(int Destination, OnlineLayout.PlainPlace Place, long TimeToLive);

    internal readonly record struct Op(int Destination, AggregateFunction Function, double Parameter);

    internal readonly record struct LastOp(int Destination, int Rank, OnlineLayout.PlainPlace Place);

    internal readonly record struct FixedGroup(int Column, int Scale, bool Squares, bool Extremes, Op[] Ops, Op[] Quantiles);

    internal readonly record struct HashedGroup(int Column, Op[] Ops);

    internal readonly record struct WindowGroup(int Window, bool IsLifetime, FixedGroup[] Fixed, HashedGroup[] Hashed);

    internal readonly record struct LastGroup(int Window, LastOp[] Ops);
}
