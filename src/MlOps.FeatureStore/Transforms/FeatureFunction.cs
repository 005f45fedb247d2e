namespace MlOps.Features;

/// <summary>Computes a feature from values of any type, missing ones included. A pure function, as <see cref="FeatureFormula"/> is.</summary>
/// <param name="values">One value per input, in the declared order.</param>
/// <returns>The feature's value, of its declared type, or a missing one.</returns>
public delegate FeatureValue FeatureFunction(ReadOnlySpan<FeatureValue> values);
