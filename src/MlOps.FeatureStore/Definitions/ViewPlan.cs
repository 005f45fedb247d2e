namespace MlOps.Features;

/// <summary>A view brought into the form that the engines loop over: distinct windows in microseconds, distinct columns, features as indexes into both.</summary>
internal sealed class ViewPlan
{
    /// <summary>A fixed-point value that is not there.</summary>
    public const long Missing = long.MinValue;

    /// <summary>Fixed-point values stay within this, so that 128 bits hold the sum of squares of 2^28 of them.</summary>
    public const long MaxUnits = 1L << 50;

    private readonly long[] _lengths;
    private readonly long[] _hops;

    public ViewPlan(FeatureView view)
    {
        View = view;
        Fixed = [.. view.Aggregations.Where(a => a.Functions.Any(IsFixed)).Select(a => (a.Column, a.Scale)).Distinct()];
        Hashed = [.. view.Aggregations.Where(a => a.Functions.Any(f => f.Function == AggregateFunction.DistinctCount)).Select(a => a.Column).Distinct(StringComparer.Ordinal)];
        Plain =
        [
            .. view.LastValues.Select(l => (l.Column, l.Type))
                .Concat(view.Aggregations.Where(a => a.Functions.Any(f => f.Function == AggregateFunction.LastN)).Select(a => (a.Column, a.Type))).Distinct(),
        ];
        // Shortest first, so that engines can bound one search by the one before.
        Windows = [.. view.Aggregations.SelectMany(a => a.Windows).Distinct().OrderBy(w => w.Kind).ThenBy(w => w.Length).ThenBy(w => w.Hop)];
        _lengths = [.. Windows.Select(w => w.Length.Ticks / 10)];
        _hops = [.. Windows.Select(w => w.Hop.Ticks / 10)];
        Uses = new ColumnUse[Fixed.Length];
        var features = new List<PlannedFeature>();
        foreach (var aggregation in view.Aggregations)
        {
            foreach (var window in aggregation.Windows)
            {
                foreach (var function in aggregation.Functions)
                    features.AddRange(Plan(aggregation, Array.IndexOf(Windows, window), function));
            }
        }

        foreach (var last in view.LastValues)
            features.Add(new PlannedFeature(-1, Array.IndexOf(Plain, (last.Column, last.Type)), default, 1, last.Type, last.TimeToLive is { } ttl ? ttl.Ticks / 10 : long.MaxValue));
        Features = [.. features];
        FeatureNames = [.. NamesOf(view.Aggregations, view.LastValues)];
        Depth = Features.Where(f => f.Function == AggregateFunction.LastN).Select(f => (int)f.Parameter).Append(view.LastValues.Count > 0 ? 1 : 0).Max();
    }


    public FeatureView View { get; }

    /// <summary>The columns of segments.</summary>
    public SegmentLayout Layout => field ??= new SegmentLayout(this);

    /// <summary>Columns in fixed point, with units per 1.0.</summary>
    public (string Column, int Scale)[] Fixed { get; }

    /// <summary>What is needed of each fixed-point column.</summary>
    public ColumnUse[] Uses { get; }

    /// <summary>Columns kept as 64-bit hashes for distinct counts.</summary>
    public string[] Hashed { get; }

    /// <summary>Columns kept as they are, for plain features and last values.</summary>
    public (string Column, DataType Type)[] Plain { get; }

    /// <summary>How many of the newest rows may be asked for: 0 without plain features and last values.</summary>
    public int Depth { get; }

    /// <summary>Distinct windows: sliding ones by length, then tumbling ones by length, then the lifetime.</summary>
    public FeatureWindow[] Windows { get; }

    public PlannedFeature[] Features { get; }

    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>Whether a row can matter however old it is.</summary>
    public bool ReachesForEver => Windows is [.., { Kind: FeatureWindowKind.Lifetime }];

    public static IEnumerable<string> NamesOf(IEnumerable<AggregatedColumn> aggregations, IEnumerable<LastValueColumn> lastValues) =>
        aggregations.SelectMany(a => a.Windows.SelectMany(w => a.Functions.SelectMany(f => f.Labels().Select(label => $"{a.Name}_{label}_{w.Label}"))))
            .Concat(lastValues.Select(l => l.Name));

    /// <summary>Where a window begins that belongs to a moment: the first event time that it holds.</summary>
    public long Low(int window, long moment) => Windows[window].Kind switch
    {
        FeatureWindowKind.Sliding => FloorTo(moment - _lengths[window], _hops[window]),
        FeatureWindowKind.Tumbling => FloorTo(moment, _lengths[window]) - _lengths[window],
        _ => long.MinValue,
    };

    /// <summary>The first moment whose window begins later than a given begin.</summary>
    public long NextEdge(int window, long low) => Windows[window].Kind == FeatureWindowKind.Lifetime ? long.MaxValue : low + _lengths[window] + _hops[window];

    /// <summary>Where it ends: the last event time that it holds.</summary>
    public long High(int window, long moment) =>
        Windows[window].Kind == FeatureWindowKind.Tumbling ? FloorTo(moment, _lengths[window]) - 1 : moment;

    /// <summary>Window edges are multiples of this; <see cref="long.MaxValue"/> for a window without edges.</summary>
    public long Step(int window) => Windows[window].Kind == FeatureWindowKind.Lifetime ? long.MaxValue : _hops[window];

    public static long FloorTo(long value, long step)
    {
        var rest = value % step;
        return rest < 0 ? value - rest - step : value - rest;
    }

    private static bool IsFixed(FeatureAggregate aggregate) => aggregate.Function is not (AggregateFunction.LastN or AggregateFunction.DistinctCount);

    private IEnumerable<PlannedFeature> Plan(AggregatedColumn aggregation, int window, FeatureAggregate aggregate)
    {
        switch (aggregate.Function)
        {
            case AggregateFunction.LastN:
                var plain = Array.IndexOf(Plain, (aggregation.Column, aggregation.Type));
                for (var place = 1; place <= (int)aggregate.Parameter; place++)
                    yield return new PlannedFeature(window, plain, aggregate.Function, place, aggregation.Type, long.MaxValue);
                yield break;
            case AggregateFunction.DistinctCount:
                yield return new PlannedFeature(window, Array.IndexOf(Hashed, aggregation.Column), aggregate.Function, aggregate.Parameter, aggregation.Type, long.MaxValue);
                yield break;
            default:
                var column = Array.IndexOf(Fixed, (aggregation.Column, aggregation.Scale));
                Uses[column] |= aggregate.Function switch
                {
                    AggregateFunction.Min or AggregateFunction.Max => ColumnUse.Extremes,
                    AggregateFunction.Variance or AggregateFunction.StandardDeviation => ColumnUse.Squares,
                    AggregateFunction.Quantile => ColumnUse.Buckets,
                    _ => ColumnUse.Totals,
                };
                yield return new PlannedFeature(window, column, aggregate.Function, aggregate.Parameter, aggregation.Type, long.MaxValue);
                yield break;
        }
    }
}
