namespace MlOps.Registry;

/// <summary>The types of the events that the experiments record; their subject is the experiment's name.</summary>
public static class ExperimentEvents
{
    /// <summary>A run's process died, or does not reach the store. Data: <c>runId</c>, <c>name</c>, <c>heartbeat</c>. At most once per silence.</summary>
    public const string RunLost = "run.lost";
}
