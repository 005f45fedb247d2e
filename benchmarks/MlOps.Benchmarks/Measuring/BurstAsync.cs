namespace MlOps.Benchmarks.Measuring;

/// <inheritdoc cref="Burst"/>
public delegate Task<long> BurstAsync(int start, int count);
