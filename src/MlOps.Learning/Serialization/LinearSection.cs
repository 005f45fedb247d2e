namespace MlOps.Learning;

/// <summary>What a saved linear model holds.</summary>
internal sealed record LinearSection(double[] Coefficients, double Intercept, float[] Means, float[] InverseScales);
