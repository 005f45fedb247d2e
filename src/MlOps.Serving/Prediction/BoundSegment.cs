namespace MlOps.Serving;

/// <summary>A segment with its place in the input row and, for a look-up, its source.</summary>
internal sealed record BoundSegment<TIn>(BindingSegment<TIn> Segment, int Offset, int Length, int KeyOffset, IFeatureVectorSource? Source);
