namespace MlOps.Features;

/// <summary>What a compaction did.</summary>
/// <param name="SegmentsBefore">Segments before.</param>
/// <param name="SegmentsAfter">Segments after.</param>
/// <param name="RowsMerged">Rows written into merged segments; a row may be merged more than once.</param>
/// <param name="RowsDropped">Rows that nobody could ask for any more: replaced, beyond retention, or erased.</param>
public readonly record struct CompactionResult(int SegmentsBefore, int SegmentsAfter, long RowsMerged, long RowsDropped);
