namespace MlOps.Features;

/// <summary>A damaged part of a segment.</summary>
/// <param name="File">The segment's file.</param>
/// <param name="Part">The block or row group, with the rows and the segment's entities that it held.</param>
public sealed record OfflineDamage(string File, string Part);
