namespace MlOps;

/// <summary>
/// Receives every answer of the endpoints of one environment. Serving calls it on the request path, from many threads at once: it
/// returns at once, never throws, and drops (and counts) what it cannot hold. Registered as a service keyed by environment.
/// </summary>
public interface IPredictionSink
{
    /// <summary>Takes note of an answer.</summary>
    /// <param name="record">The answer; its memories are valid during the call only.</param>
    void Record(in PredictionRecord record);
}
