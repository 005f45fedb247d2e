namespace MlOps.Serving;

/// <summary>
/// Finds the best of several contenders with few samples: all run in turns, and one leaves as soon as it is certainly slower than
/// the leader, by the interval of the median of the ratios within each round. What disturbs the machine for a while disturbs a whole round.
/// </summary>
internal sealed class Race(int contenders)
{
    private const int RoundsForClearLoss = 2;
    private const double ClearLoss = 0.6;

    private readonly List<double>[] _scores = [.. Enumerable.Range(0, contenders).Select(_ => new List<double>())];
    private readonly bool[] _out = new bool[contenders];

    /// <summary>Samples taken.</summary>
    public int Trials { get; private set; }

    public int Rounds { get; private set; }

    /// <summary>Contenders that are not certainly worse than the leader.</summary>
    public IEnumerable<int> Running => Enumerable.Range(0, contenders).Where(i => !_out[i]);

    public bool IsOut(int contender) => _out[contender];

    public double Median(int contender) => Noise.Median(_scores[contender].ToArray());

    public IReadOnlyList<double> Scores(int contender) => _scores[contender];

    /// <summary>The running contender with the highest median; of those that cannot be told apart from it, the first in order, which is the simplest.</summary>
    public int Winner
    {
        get
        {
            var leader = Leader;
            foreach (var i in Running)
            {
                var (low, high) = Ratio(i, leader);
                if (i == leader || (low <= 1 && high >= 1 && Noise.Median(Ratios(i, leader)) >= 0.98))
                    return i;
            }

            return leader;
        }
    }

    private int Leader => Running.MaxBy(i => Noise.Median(_scores[i].ToArray()));

    /// <summary>Takes one sample (more is better) of every running contender and lets go the certain losers.</summary>
    public void Round(Func<int, double> sample)
    {
        var order = Running.ToArray();
        for (var turn = 0; turn < order.Length; turn++)
        {
            var who = order[(turn + Rounds) % order.Length];
            _scores[who].Add(sample(who));
            Trials++;
        }

        Rounds++;
        var leader = Leader;
        foreach (var i in order)
        {
            if (i == leader)
                continue;
            var (_, high) = Ratio(i, leader);
            var ratios = Ratios(i, leader);
            if (high < 1 || (ratios.Length >= RoundsForClearLoss && ratios.Max() < ClearLoss))
                _out[i] = true;
        }
    }

    /// <summary>Rounds until one is left, until the rest cannot be told apart, or until the limits.</summary>
    public int Run(Func<int, double> sample, int maximumRounds, Func<bool> mayContinue)
    {
        while (Rounds < maximumRounds && Running.Skip(1).Any() && (Rounds == 0 || mayContinue()))
            Round(sample);
        return Winner;
    }

    /// <summary>The interval of the median ratio of one contender to another over the rounds that both ran.</summary>
    public (double Low, double High) Ratio(int contender, int to) => Noise.MedianInterval(Ratios(contender, to));

    /// <summary>How many times better another contender is; 1 where the rounds cannot tell them apart.</summary>
    public double Regret(int contender, int best)
    {
        var (_, high) = Ratio(contender, best);
        return contender == best || (high >= 1 && double.IsFinite(high)) ? 1 : Math.Max(1, 1 / Noise.Median(Ratios(contender, best)));
    }

    private double[] Ratios(int contender, int to)
    {
        var count = Math.Min(_scores[contender].Count, _scores[to].Count);
        var ratios = new double[count];
        for (var i = 0; i < count; i++)
            ratios[i] = _scores[contender][i] / _scores[to][i];
        return ratios;
    }
}
