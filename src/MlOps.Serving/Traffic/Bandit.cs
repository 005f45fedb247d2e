namespace MlOps.Serving;

/// <summary>Chooses among variants by what is known of their rewards. Choosing takes no lock and allocates nothing; the statistics are replaced whole.</summary>
internal sealed class Bandit
{
    private const ulong Spread = 0xD6E8FEB86659FD93UL;

    private readonly int _count;
    private ArmStatistics[] _arms;

    public Bandit(BanditOptions options, int count)
    {
        Options = options;
        _count = count;
        _arms = new ArmStatistics[count];
    }

    public BanditOptions Options { get; }

    public ArmStatistics[] Arms => Volatile.Read(ref _arms);

    public void Learn(ArmStatistics[] arms) => Volatile.Write(ref _arms, arms);

    /// <summary>The index of the variant for a request.</summary>
    /// <param name="key">The hash of the request's key; null without one.</param>
    public int Choose(ulong? key) => Choose(Options.IsSticky && key is { } hash ? hash : (ulong)Random.Shared.NextInt64());

    /// <summary>The index of the variant for a draw: the same draw and the same statistics give the same variant.</summary>
    public int Choose(ulong seed)
    {
        var arms = Arms;
        if (Options.Algorithm == BanditAlgorithm.EpsilonGreedy)
        {
            var draws = new DrawSource(seed);
            if (draws.Uniform() <= Options.Epsilon)
                return (int)(draws.Next() % (ulong)_count);
        }

        // A variant without rewards cannot be compared by its mean: those are tried first, in turn.
        if (Options.Algorithm is BanditAlgorithm.EpsilonGreedy or BanditAlgorithm.Ucb1 && FirstUnknown(arms, seed) is >= 0 and var unknown)
            return unknown;
        var total = 0L;
        foreach (ref readonly var arm in arms.AsSpan())
            total += arm.Count;
        var exploring = Options.Algorithm == BanditAlgorithm.Ucb1 ? 2 * Math.Log(total) : 0;
        var best = 0;
        var highest = double.NegativeInfinity;
        for (var i = 0; i < arms.Length; i++)
        {
            // Each variant has a stream of its own, so that a reward of one does not shake the draws of the others.
            var draws = new DrawSource(seed + ((ulong)(i + 1) * Spread));
            var index = Options.Algorithm switch
            {
                BanditAlgorithm.ThompsonBernoulli => DrawRate(arms[i], ref draws),
                BanditAlgorithm.ThompsonGaussian => DrawMean(arms[i], ref draws),
                BanditAlgorithm.Ucb1 => arms[i].Mean + Math.Sqrt(exploring / arms[i].Count),
                _ => arms[i].Mean,
            };
            if (index > highest)
                (highest, best) = (index, i);
        }

        return best;
    }

    private static int FirstUnknown(ArmStatistics[] arms, ulong seed)
    {
        var offset = (int)(seed % (ulong)arms.Length);
        for (var i = 0; i < arms.Length; i++)
        {
            var arm = (i + offset) % arms.Length;
            if (arms[arm].Count == 0)
                return arm;
        }

        return -1;
    }

    private double DrawRate(in ArmStatistics arm, ref DrawSource draws)
    {
        var (alpha, beta) = Posterior.Bernoulli(arm, Options);
        return draws.Beta(alpha, beta);
    }

    private double DrawMean(in ArmStatistics arm, ref DrawSource draws)
    {
        var (mean, kappa, alpha, beta) = Posterior.Gaussian(arm, Options);
        var precision = draws.Gamma(alpha) / beta;
        return mean + (draws.Normal() / Math.Sqrt(kappa * precision));
    }
}
