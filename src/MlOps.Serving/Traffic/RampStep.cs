namespace MlOps.Serving;

/// <summary>One step of a ramp. It is over when all that it asks for has happened.</summary>
/// <param name="Share">The canary's share of the traffic.</param>
/// <param name="Duration">How long the step lasts at least; null for no matter.</param>
/// <param name="MinimumAnswers">Answers that the canary must have given in this step, in all processes together; null for no matter.</param>
public sealed record RampStep(double Share, TimeSpan? Duration = null, long? MinimumAnswers = null);
