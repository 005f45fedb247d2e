namespace MlOps.Benchmarks.Measuring;

/// <summary>What one contender used for one operation: lower quartiles over its bursts.</summary>
/// <param name="Name">As given.</param>
/// <param name="CpuNanoseconds">Processor time: of the calling thread for synchronous bursts, of the process for others.</param>
/// <param name="WallNanoseconds">Time passed.</param>
/// <param name="AllocatedBytes">Managed bytes allocated.</param>
public sealed record PairedSample(string Name, double CpuNanoseconds, double WallNanoseconds, double AllocatedBytes);
