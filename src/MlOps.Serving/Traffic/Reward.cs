namespace MlOps.Serving;

/// <summary>What an answer of a bandit's variant turned out to be worth. Name the answer or the variant.</summary>
/// <param name="Value">The reward: 0 or 1 for Bernoulli, 0 to 1 for UCB1, finite otherwise.</param>
/// <param name="Prediction">The answer's identity, given by this process; each is rewarded once.</param>
/// <param name="Variant">The variant, where the identity is not at hand.</param>
public readonly record struct Reward(double Value, PredictionId Prediction = default, string? Variant = null);
