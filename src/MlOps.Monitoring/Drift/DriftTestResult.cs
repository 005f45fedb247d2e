namespace MlOps.Monitoring;

/// <summary>The outcome of a two-sample test.</summary>
/// <param name="Statistic">The test's statistic.</param>
/// <param name="PValue">How often a statistic at least as great occurs without drift, 0 to 1.</param>
public readonly record struct DriftTestResult(double Statistic, double PValue);
