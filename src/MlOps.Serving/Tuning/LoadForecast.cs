namespace MlOps.Serving;

/// <summary>What a simulation of the engine expects of a load.</summary>
/// <param name="Attainment">The share of the requests answered within the target; refused ones count as missed.</param>
/// <param name="Median">The median latency of the answered.</param>
/// <param name="P99">The latency that 99 % of the answered keep.</param>
/// <param name="Refused">The share refused because the queue was full.</param>
/// <param name="RowsPerBatch">Rows of a batch on average.</param>
/// <param name="Utilisation">The share of the time that the instances worked.</param>
public sealed record LoadForecast(double Attainment, TimeSpan Median, TimeSpan P99, double Refused, double RowsPerBatch, double Utilisation);
