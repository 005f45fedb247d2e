namespace MlOps.Serving;

/// <summary>How a bandit chooses among its variants.</summary>
public enum BanditAlgorithm
{
    /// <summary>
    /// Thompson sampling for rewards that are 0 or 1: each variant's success rate is drawn from Beta(alpha + successes, beta + failures),
    /// the largest draw answers (Thompson 1933; Chapelle and Li, "An empirical evaluation of Thompson sampling", 2011).
    /// </summary>
    ThompsonBernoulli = 0,

    /// <summary>
    /// Thompson sampling for rewards of any size: mean and variance unknown, normal-inverse-gamma posterior (Murphy, "Conjugate Bayesian
    /// analysis of the Gaussian distribution", 2007).
    /// </summary>
    ThompsonGaussian = 1,

    /// <summary>The best mean so far, and a random variant in a share <see cref="BanditOptions.Epsilon"/> of the requests.</summary>
    EpsilonGreedy = 2,

    /// <summary>UCB1 for rewards from 0 to 1: the largest mean + sqrt(2 ln n / n_i) (Auer, Cesa-Bianchi and Fischer, 2002).</summary>
    Ucb1 = 3,
}
