namespace MlOps.Features;

/// <summary>What the manifest keeps of a finished segment.</summary>
internal readonly record struct SegmentSummary(long Rows, long FirstEvent, long LastEvent, long Bytes);
