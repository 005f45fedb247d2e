namespace MlOps.Serving;

/// <summary>
/// Decides how many waiting rows the next batch takes, in place of the built-in rule. Called under the engine's lock whenever a batch
/// could be formed: it must be quick, must not block and must not call the endpoint. Thread-safe if it is given to several endpoints.
/// </summary>
public interface IBatchPolicy
{
    /// <summary>Decides. A decision that waits is asked for again when its time is up or a batch has become full.</summary>
    /// <param name="situation">What waits.</param>
    /// <returns>What to do.</returns>
    BatchDecision Decide(in BatchSituation situation);
}
