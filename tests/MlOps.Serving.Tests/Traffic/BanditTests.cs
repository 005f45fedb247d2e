namespace MlOps.Serving.Tests.Traffic;

public sealed class BanditTests
{
    // alpha' = alpha + successes, beta' = beta + failures.
    [Fact]
    public void BernoulliPosterior_IsTheConjugateOne()
    {
        var arm = Enumerable.Range(0, 100).Aggregate(default(ArmStatistics), (sum, i) => sum.Add(i < 30 ? 1 : 0));
        var (alpha, beta) = Posterior.Bernoulli(arm, new BanditOptions { PriorSuccesses = 2, PriorFailures = 3 });
        alpha.Should().BeApproximately(32, 1e-9);
        beta.Should().BeApproximately(73, 1e-9);
    }

    // Murphy 2007, eq. 86-89 with kappa0 = 1, alpha0 = 1, mu0 = 0, beta0 = 1 for x = 1, 2, 6: n = 3, mean 3, sum of squares 14.
    [Fact]
    public void GaussianPosterior_IsTheConjugateOne()
    {
        var arm = new[] { 1.0, 2, 6 }.Aggregate(default(ArmStatistics), (sum, x) => sum.Add(x));
        var (mean, kappa, alpha, beta) = Posterior.Gaussian(arm, new BanditOptions { Algorithm = BanditAlgorithm.ThompsonGaussian });
        mean.Should().BeApproximately(9 / 4.0, 1e-12);
        kappa.Should().Be(4);
        alpha.Should().Be(2.5);
        beta.Should().BeApproximately(1 + 7 + (1 * 3 * 9.0 / (2 * 4)), 1e-12);
    }

    [Fact]
    public void Merge_AnySplitOfTheRewards_GivesTheSameStatistics()
    {
        var random = new Random(1);
        var rewards = Enumerable.Range(0, 500).Select(_ => 1e6 + random.NextDouble()).ToArray();
        var mean = rewards.Average();
        var squares = rewards.Sum(x => (x - mean) * (x - mean));
        foreach (var cut in new[] { 0, 1, 17, 250, 500 })
        {
            var merged = Of(rewards[..cut]).Merge(Of(rewards[cut..]));
            merged.Count.Should().Be(500);
            merged.Mean.Should().BeApproximately(mean, 1e-6);
            merged.Squares.Should().BeApproximately(squares, 1e-5);
        }

        static ArmStatistics Of(double[] part) => part.Aggregate(default(ArmStatistics), (sum, x) => sum.Add(x));
    }

    // P(B beats A) for Beta posteriors with whole parameters in closed form (E. Miller, "Formulas for Bayesian A/B testing", 2014):
    // sum over i below alphaB of B(alphaA + i, betaA + betaB) / ((betaB + i) B(1 + i, betaB) B(alphaA, betaA)).
    [Theory]
    [InlineData(20, 100, 30, 100)]
    [InlineData(5, 10, 4, 12)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(50, 1000, 55, 1000)]
    public void Choose_Thompson_PicksEachArmAsOftenAsItIsBest(int successesA, int countA, int successesB, int countB)
    {
        var bandit = new Bandit(new BanditOptions(), 2);
        bandit.Learn([new ArmStatistics(countA, countA == 0 ? 0 : successesA / (double)countA, 0), new ArmStatistics(countB, countB == 0 ? 0 : successesB / (double)countB, 0)]);
        double alphaA = successesA + 1, betaA = countA - successesA + 1, betaB = countB - successesB + 1;
        var expected = 0.0;
        for (var i = 0; i <= successesB; i++)
            expected += Math.Exp(LogBeta(alphaA + i, betaA + betaB) - Math.Log(betaB + i) - LogBeta(1 + i, betaB) - LogBeta(alphaA, betaA));
        const int draws = 40_000;
        var chosen = Enumerable.Range(0, draws).Count(i => bandit.Choose(unchecked((ulong)i * 0x9E3779B97F4A7C15UL)) == 1) / (double)draws;
        chosen.Should().BeApproximately(expected, 4 * Math.Sqrt(0.25 / draws));
    }

    // The published bound of UCB1 (Auer et al. 2002, theorem 1): 8 sum(ln n / gap) + (1 + pi^2/3) sum(gap).
    [Fact]
    public void Regret_Ucb1_IsBelowThePublishedBound()
    {
        double[] rates = [0.9, 0.8, 0.6];
        const int n = 10_000;
        var bound = rates.Where(rate => rate < 0.9).Sum(rate => (8 * Math.Log(n) / (0.9 - rate)) + ((1 + (Math.PI * Math.PI / 3)) * (0.9 - rate)));
        Regret(new BanditOptions { Algorithm = BanditAlgorithm.Ucb1 }, rates, n, 3).Should().BeLessThan(bound);
    }

    // Lai and Robbins 1985: no consistent policy does better than sum(gap / KL) ln n in the long run; Thompson sampling reaches it (Kaufmann et al. 2012).
    [Fact]
    public void Regret_Thompson_StaysNearTheLowerBoundAndFarBelowChance()
    {
        double[] rates = [0.1, 0.05, 0.05, 0.02];
        const int n = 20_000;
        var lower = rates.Where(rate => rate < 0.1).Sum(rate => (0.1 - rate) / Divergence(rate, 0.1)) * Math.Log(n);
        var regret = Regret(new BanditOptions(), rates, n, 5);
        regret.Should().BeLessThan(3 * lower);
        regret.Should().BeLessThan(0.25 * n * rates.Average(rate => 0.1 - rate));
    }

    [Fact]
    public void Regret_EpsilonGreedyAndGaussian_FindTheBestArm()
    {
        const int n = 5_000;
        double[] rates = [0.2, 0.5, 0.4];
        var chance = n * rates.Average(rate => 0.5 - rate);
        Regret(new BanditOptions { Algorithm = BanditAlgorithm.EpsilonGreedy, Epsilon = 0.1 }, rates, n, 4).Should().BeLessThan(0.5 * chance);
        Regret(new BanditOptions { Algorithm = BanditAlgorithm.ThompsonGaussian }, rates, n, 4, gaussian: true).Should().BeLessThan(0.5 * chance);
    }

    [Fact]
    public void Choose_EpsilonGreedy_ExploresInItsShare()
    {
        var bandit = new Bandit(new BanditOptions { Algorithm = BanditAlgorithm.EpsilonGreedy, Epsilon = 0.3 }, 3);
        bandit.Learn([new ArmStatistics(10, 0.1, 0), new ArmStatistics(10, 0.9, 0), new ArmStatistics(10, 0.5, 0)]);
        var best = Enumerable.Range(0, 30_000).Count(_ => bandit.Choose(null) == 1) / 30_000.0;
        best.Should().BeApproximately(0.7 + (0.3 / 3), 0.015);
    }

    [Fact]
    public void Choose_Sticky_KeepsNearlyEveryKeyWhenOneRewardComes()
    {
        var bandit = new Bandit(new BanditOptions { IsSticky = true }, 2);
        bandit.Learn([new ArmStatistics(1000, 0.1, 0), new ArmStatistics(1000, 0.11, 0)]);
        var keys = Enumerable.Range(0, 5_000).Select(i => unchecked((ulong)(i + 1) * 0x9E3779B97F4A7C15UL)).ToArray();
        var before = keys.Select(key => bandit.Choose((ulong?)key)).ToArray();
        keys.Select(key => bandit.Choose((ulong?)key)).Should().Equal(before);
        bandit.Learn([new ArmStatistics(1000, 0.1, 0), new ArmStatistics(1000, 0.11, 0).Add(1)]);
        keys.Where((key, i) => bandit.Choose((ulong?)key) != before[i]).Count().Should().BeLessThan(250, "at most one key in twenty moves");
        before.Should().Contain(0).And.Contain(1);
    }

    private static double Regret(BanditOptions options, double[] rates, int rounds, int runs, bool gaussian = false)
    {
        var total = 0.0;
        for (var run = 0; run < runs; run++)
        {
            var random = new DrawSource((ulong)run + 77);
            var bandit = new Bandit(options, rates.Length);
            var arms = new ArmStatistics[rates.Length];
            for (var i = 0; i < rounds; i++)
            {
                var arm = bandit.Choose(random.Next());
                total += rates.Max() - rates[arm];
                arms[arm] = arms[arm].Add(gaussian ? rates[arm] + (0.3 * random.Normal()) : random.Uniform() <= rates[arm] ? 1 : 0);
                bandit.Learn([.. arms]);
            }
        }

        return total / runs;
    }

    private static double Divergence(double p, double q) => (p * Math.Log(p / q)) + ((1 - p) * Math.Log((1 - p) / (1 - q)));

    private static double LogBeta(double a, double b) => LogGamma(a) + LogGamma(b) - LogGamma(a + b);

    private static double LogGamma(double whole) => Enumerable.Range(1, (int)whole - 1).Sum(i => Math.Log(i));
}
