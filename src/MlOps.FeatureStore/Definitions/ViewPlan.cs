namespace MlOps.Features;

/// <summary>A view brought into the form that the engines loop over: distinct windows in microseconds, distinct columns, features as indexes into both.</summary>
internal sealed class ViewPlan
{
    public const int Missing = int.MinValue;

    public ViewPlan(FeatureView view)
    {
        View = view;
        Fixed = [.. view.Aggregations.Select(a => (a.Column, a.Scale)).Distinct()];
        Plain = [.. view.LastValues.Select(l => l.Column).Distinct(StringComparer.Ordinal)];
        var windows = view.Aggregations.SelectMany(a => a.Windows).Distinct().OrderBy(w => w.Length).ThenBy(w => w.Hop).ToArray();
        WindowLength = [.. windows.Select(w => w.Length.Ticks / 10)];
        WindowHop = [.. windows.Select(w => w.Hop.Ticks / 10)];
        var features = new List<PlannedFeature>();
        foreach (var aggregation in view.Aggregations)
        {
            var column = Array.IndexOf(Fixed, (aggregation.Column, aggregation.Scale));
            foreach (var window in aggregation.Windows)
            {
                foreach (var function in aggregation.Functions)
                    features.Add(new PlannedFeature(Array.IndexOf(windows, window), column, function, 0));
            }
        }

        foreach (var last in view.LastValues)
            features.Add(new PlannedFeature(-1, Array.IndexOf(Plain, last.Column), default, last.TimeToLive is { } ttl ? ttl.Ticks / 10 : long.MaxValue));
        Features = [.. features];
        FeatureNames = [.. NamesOf(view.Aggregations, view.LastValues)];
    }

    public FeatureView View { get; }

    /// <summary>Columns in fixed point, with units per 1.0.</summary>
    public (string Column, int Scale)[] Fixed { get; }

    /// <summary>Columns kept as 32-bit floats for plain features.</summary>
    public string[] Plain { get; }

    /// <summary>Distinct windows, shortest first, in microseconds.</summary>
    public long[] WindowLength { get; }

    public long[] WindowHop { get; }

    public PlannedFeature[] Features { get; }

    public IReadOnlyList<string> FeatureNames { get; }

    public static IEnumerable<string> NamesOf(IEnumerable<AggregatedColumn> aggregations, IEnumerable<LastValueColumn> lastValues) =>
        aggregations.SelectMany(a => a.Windows.SelectMany(w => a.Functions.Select(f => $"{a.Name}_{f.ToString().ToLowerInvariant()}_{w.Label}")))
            .Concat(lastValues.Select(l => l.Name));

    /// <summary>Where a window begins that ends at a moment: the first event time that it holds.</summary>
    public long Tail(int window, long moment)
    {
        var start = moment - WindowLength[window];
        var hop = WindowHop[window];
        return FloorTo(start, hop);
    }

    public static long FloorTo(long value, long step)
    {
        var rest = value % step;
        return rest < 0 ? value - rest - step : value - rest;
    }

    /// <summary>The one place where a feature's value is made of exact parts, so that every executor yields the same bits.</summary>
    public static float Finish(AggregateFunction function, long count, long sum, int scale) => function switch
    {
        AggregateFunction.Count => count,
        AggregateFunction.Sum => (float)((double)sum / scale),
        _ => count == 0 ? float.NaN : (float)(sum / ((double)scale * count)),
    };
}
