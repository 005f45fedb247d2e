namespace MlOps.Features;

/// <summary>
/// Computes a number from numbers. A pure function: no clock, no random numbers, no statics that change, no input or output, no culture;
/// it runs over history and at request time, and must give the same result for the same values.
/// </summary>
/// <param name="values">One number per input, in the declared order; a missing one is NaN, a flag 0 or 1.</param>
/// <returns>The number; NaN for none.</returns>
public delegate double FeatureFormula(ReadOnlySpan<double> values);
