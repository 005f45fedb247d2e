namespace MlOps.Features;

/// <summary>Views as they might have been defined, so that another window or time to live can be recomputed from the stored columns.</summary>
internal static class SkewProbe
{
    /// <summary>The view with further features behind its own; it reads the same columns in the same order.</summary>
    public static FeatureView With(FeatureView view, IEnumerable<AggregatedColumn> aggregations, IEnumerable<LastValueColumn> lastValues)
    {
        var parts = new FeatureViewParts(view.Name)
        {
            Version = view.Version,
            EventTime = view.EventTimeColumn,
            AvailableAt = view.AvailableAtColumn,
            Lag = view.Lag,
            IsUpsert = view.IsUpsert,
        };
        parts.Derived.AddRange(view.Derived);
        parts.Keys.AddRange(view.Keys);
        parts.Aggregations.AddRange(view.Aggregations);
        parts.Aggregations.AddRange(aggregations);
        parts.LastValues.AddRange(view.LastValues);
        parts.LastValues.AddRange(lastValues);
        return new FeatureView(parts);
    }
}
