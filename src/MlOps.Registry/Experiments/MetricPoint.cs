namespace MlOps.Registry;

/// <summary>A point of a metric's history.</summary>
/// <param name="Step">The step.</param>
/// <param name="Time">When it was logged.</param>
/// <param name="Value">The value.</param>
public readonly record struct MetricPoint(long Step, Timestamp Time, double Value);
