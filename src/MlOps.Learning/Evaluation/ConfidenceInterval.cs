namespace MlOps.Learning;

/// <summary>An estimate with its uncertainty.</summary>
/// <param name="Estimate">The estimate.</param>
/// <param name="StandardError">Its standard error.</param>
/// <param name="Lower">The interval's lower end.</param>
/// <param name="Upper">The interval's upper end.</param>
/// <param name="Confidence">The share of such intervals that hold the truth, such as 0.95.</param>
public sealed record ConfidenceInterval(double Estimate, double StandardError, double Lower, double Upper, double Confidence);
