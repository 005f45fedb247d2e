namespace MlOps.Features;

/// <summary>A record that a stream job set aside, because a row of it cannot be applied.</summary>
/// <param name="Job">The job.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The record's offset. After a crash a record may be reported again: partition and offset tell.</param>
/// <param name="Error">Why.</param>
/// <param name="Content">The record's rows as JSON lines, or what the source made of it.</param>
public sealed record PoisonRecord(string Job, string Partition, long Offset, string Error, string Content);
