namespace MlOps.Serving;

/// <summary>The stored example of a model version: rows and the scores expected for them.</summary>
internal sealed record InputExample(float[][] Input, float[][] Output, double Tolerance = 1e-5);
