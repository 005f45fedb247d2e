namespace MlOps;

/// <summary>A step of an ensemble failed.</summary>
/// <param name="message">What failed.</param>
/// <param name="step">The step's name.</param>
/// <param name="innerException">Why.</param>
public sealed class EnsembleStepException(string message, string step, Exception? innerException = null) : MlOpsException(message, innerException)
{
    /// <summary>The step's name.</summary>
    public string Step { get; } = step;
}
