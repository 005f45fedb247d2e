namespace MlOps.Benchmarks.MlPerf;

/// <summary>What one scenario came to.</summary>
/// <param name="Model">The model.</param>
/// <param name="Scenario">The scenario.</param>
/// <param name="Value">Seconds of latency, or samples a second.</param>
/// <param name="Queries">Queries that were counted.</param>
/// <param name="Note">What else there is to say.</param>
internal sealed record ScenarioResult(string Model, LoadScenario Scenario, double Value, int Queries, string Note);
