namespace MlOps.Registry;

/// <summary>Time that all processors of the machine together have spent, in ticks.</summary>
/// <param name="Busy">Not idle and not waiting for a disk.</param>
/// <param name="Total">Altogether.</param>
internal readonly record struct ProcessorTimes(long Busy, long Total);
