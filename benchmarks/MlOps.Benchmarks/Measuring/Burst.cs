namespace MlOps.Benchmarks.Measuring;

/// <summary>
/// Runs operations <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> - 1, whose inputs rotate by
/// that number, and returns something computed from every result, so that nothing is optimised away.
/// </summary>
public delegate long Burst(int start, int count);
