namespace MlOps.Serving;

/// <summary>How a bandit learns which variant to choose.</summary>
public sealed record BanditOptions
{
    /// <summary>How it chooses.</summary>
    /// <value>Default: <see cref="BanditAlgorithm.ThompsonBernoulli"/>.</value>
    public BanditAlgorithm Algorithm { get; init; }

    /// <summary>Names the statistics: under the same name at one endpoint versions keep what was learnt of them, a new name begins afresh.</summary>
    /// <value>Default: <c>default</c>.</value>
    public string Experiment { get; init; } = "default";

    /// <summary>Whether requests of a key stay with a variant as long as the statistics hardly change. Random numbers are then drawn per key and not per request.</summary>
    /// <value>Default: false.</value>
    public bool IsSticky { get; init; }

    /// <summary>For <see cref="BanditAlgorithm.EpsilonGreedy"/>: the share of requests that explores.</summary>
    /// <value>Default: 0.1. Range: 0 to 1.</value>
    public double Epsilon { get; init; } = 0.1;

    /// <summary>For <see cref="BanditAlgorithm.ThompsonBernoulli"/>: successes believed before the first reward.</summary>
    /// <value>Default: 1. Range: above 0.</value>
    public double PriorSuccesses { get; init; } = 1;

    /// <summary>For <see cref="BanditAlgorithm.ThompsonBernoulli"/>: failures believed before the first reward.</summary>
    /// <value>Default: 1. Range: above 0.</value>
    public double PriorFailures { get; init; } = 1;

    /// <summary>For <see cref="BanditAlgorithm.ThompsonGaussian"/>: the mean believed before the first reward.</summary>
    /// <value>Default: 0.</value>
    public double PriorMean { get; init; }

    /// <summary>For <see cref="BanditAlgorithm.ThompsonGaussian"/>: the standard deviation of rewards believed before the first reward.</summary>
    /// <value>Default: 1. Range: above 0.</value>
    public double PriorDeviation { get; init; } = 1;

    /// <summary>Answers whose variant is remembered in this process for rewards reported by prediction id.</summary>
    /// <value>Default: 65,536. Range: 1,024 to 16,777,216.</value>
    public int RememberedAnswers { get; init; } = 65_536;

    internal void Validate()
    {
        if (!Enum.IsDefined(Algorithm))
            throw new InvalidDefinitionException($"Bandit.Algorithm {Algorithm} is not one of {string.Join(", ", Enum.GetNames<BanditAlgorithm>())}.");
        if (string.IsNullOrWhiteSpace(Experiment) || Experiment.Length > 200)
            throw new InvalidDefinitionException($"Bandit.Experiment '{Experiment}' is not allowed: use 1 to 200 characters.");
        if (!(Epsilon is >= 0 and <= 1))
            throw new InvalidDefinitionException($"Bandit.Epsilon {Epsilon} is not allowed: it lies between 0 and 1.");
        foreach (var (name, value) in new[] { (nameof(PriorSuccesses), PriorSuccesses), (nameof(PriorFailures), PriorFailures), (nameof(PriorDeviation), PriorDeviation) })
        {
            if (!(value > 0 && double.IsFinite(value)))
                throw new InvalidDefinitionException($"Bandit.{name} {value} is not allowed: it is positive and finite.");
        }

        if (!double.IsFinite(PriorMean))
            throw new InvalidDefinitionException($"Bandit.PriorMean {PriorMean} is not allowed: it is finite.");
        if (RememberedAnswers is < 1024 or > 1 << 24)
            throw new InvalidDefinitionException($"Bandit.RememberedAnswers {RememberedAnswers} is not allowed: use 1,024 to {1 << 24}.");
    }
}
