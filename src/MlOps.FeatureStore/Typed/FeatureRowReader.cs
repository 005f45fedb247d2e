namespace MlOps.Features;

/// <summary>Makes a row of values.</summary>
/// <typeparam name="TRow">The row.</typeparam>
/// <param name="values">One value per column of the binding, in order.</param>
/// <returns>The row.</returns>
public delegate TRow FeatureRowReader<TRow>(ReadOnlySpan<FeatureValue> values);
