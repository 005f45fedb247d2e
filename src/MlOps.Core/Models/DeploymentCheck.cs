namespace MlOps;

/// <summary>What a trial load of a model version found.</summary>
/// <param name="Passed">Whether it loaded, ran and answered its input example as expected.</param>
/// <param name="Message">What was found; names the difference when it failed.</param>
/// <param name="LoadTime">Time to load and warm up.</param>
/// <param name="LatencyP50">Median time of a single prediction.</param>
/// <param name="LatencyP99">99th percentile of a single prediction.</param>
/// <param name="MemoryBytes">The size of the model's files.</param>
public sealed record DeploymentCheck(
    bool Passed, string Message, TimeSpan LoadTime, TimeSpan LatencyP50, TimeSpan LatencyP99, long MemoryBytes);
