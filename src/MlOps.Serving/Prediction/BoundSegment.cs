namespace MlOps.Serving;

/// <summary>A segment with its place in the input row and, for a look-up, its source.</summary>
internal sealed record BoundSegment<TIn>(BindingSegment<TIn> Segment, int Offset, int Length, int KeyOffset, IFeatureVectorSource? Source)
{
    /// <summary>Reads the values that the source takes besides keys, in its order.</summary>
    public Func<TIn, FeatureValue>[] Requests { get; init; } = [];

    /// <summary>Where these values stand in the row.</summary>
    public int RequestOffset { get; init; }

    /// <summary>What happens to missing and stale values; null where the model is given NaN.</summary>
    public LookupRule? Rule { get; init; }
}
