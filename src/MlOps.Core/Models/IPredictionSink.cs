namespace MlOps;

/// <summary>Takes what endpoints answered, for monitoring. Called on the request path: it must not block, and it copies what it keeps.</summary>
public interface IPredictionSink
{
    /// <summary>Takes one prediction.</summary>
    /// <param name="prediction">The prediction; its memory is valid during the call only.</param>
    void Record(in PredictionRecord prediction);
}
