namespace MlOps.Features;

/// <summary>How a feature of a view is defined: an aggregate of a column over a window, or a plain value.</summary>
internal sealed record FeatureShape(string Name, AggregatedColumn? Aggregation, FeatureWindow? Window, string? Function, LastValueColumn? Last)
{
    public bool IsCount => Function == "count";

    public bool IsSum => Function == "sum";

    public bool IsMean => Function == "mean";

    /// <summary>Aggregates of one column over one window.</summary>
    public bool IsBeside(FeatureShape other) => Aggregation is not null && Aggregation.Name == other.Aggregation?.Name && Window == other.Window;

    /// <summary>The same aggregate of the same column over another window.</summary>
    public bool IsOtherWindowOf(FeatureShape other) =>
        Aggregation is not null && other.Aggregation is not null && Aggregation.Column == other.Aggregation.Column && Function == other.Function && Window != other.Window;

    public static FeatureShape Of(FeatureView view, int number)
    {
        var name = view.FeatureNames[number];
        foreach (var aggregation in view.Aggregations)
        {
            foreach (var window in aggregation.Windows)
            {
                string head = aggregation.Name + "_", tail = "_" + window.Label;
                if (name.Length > head.Length + tail.Length && name.StartsWith(head, StringComparison.Ordinal) && name.EndsWith(tail, StringComparison.Ordinal))
                    return new FeatureShape(name, aggregation, window, name[head.Length..^tail.Length], null);
            }
        }

        return new FeatureShape(name, null, null, null, view.LastValues.FirstOrDefault(last => last.Name == name));
    }
}
