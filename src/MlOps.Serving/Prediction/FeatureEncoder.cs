namespace MlOps.Serving;

/// <summary>Writes the features of a request.</summary>
/// <typeparam name="TIn">The request.</typeparam>
/// <param name="input">The request.</param>
/// <param name="features">Where they go; exactly as long as the names declared.</param>
public delegate void FeatureEncoder<in TIn>(TIn input, Span<float> features);
