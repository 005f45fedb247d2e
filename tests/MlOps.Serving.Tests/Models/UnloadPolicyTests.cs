namespace MlOps.Serving.Tests.Models;

/// <summary>The policy on seeded traces against clairvoyant ones.</summary>
public sealed class UnloadPolicyTests
{
    private const int Models = 500;
    private const int Requests = 60_000;
    private const int WarmUp = 20_000;

    [Theory]
    [InlineData(1.0, 1)]
    [InlineData(1.0, 2)]
    [InlineData(1.1, 3)]
    [InlineData(1.2, 4)]
    public void Value_ZipfRequestsAndAQuarterOfTheMemory_ComesCloseToTheOptimum(double skew, int seed)
    {
        var (sizes, trace) = Trace(skew, seed);
        var budget = sizes.Sum() / 4;
        var own = Simulate(sizes, trace, budget, UnloadGoal.FewestLoads);
        var belady = OfflineOptimum.Belady(sizes, trace, budget, WarmUp);
        var bound = OfflineOptimum.UpperBound(sizes, trace, budget, WarmUp);
        belady.Should().BeLessThanOrEqualTo(bound);
        own.Should().BeLessThan(belady);
        (own / bound).Should().BeGreaterThan(0.95);
    }

    [Fact]
    public void Value_PopularityMoves_IsFollowed()
    {
        var (sizes, trace) = Trace(1.1, 5);
        var budget = sizes.Sum() / 4;
        int[] moved = [.. trace, .. trace.Select(model => Models - 1 - model)];
        var before = Simulate(sizes, trace, budget, UnloadGoal.FewestLoads);
        var after = Simulate(sizes, moved, budget, UnloadGoal.FewestLoads, measureFrom: moved.Length - 15_000);
        after.Should().BeGreaterThan(before * 0.93);
    }

    [Fact]
    public void Value_LeastLoadTime_SpendsLessTimeLoading()
    {
        var (sizes, trace) = Trace(1.0, 6);
        var budget = sizes.Sum() / 4;
        double fewest = 0, least = 0;
        Simulate(sizes, trace, budget, UnloadGoal.FewestLoads, loading: seconds => fewest += seconds);
        Simulate(sizes, trace, budget, UnloadGoal.LeastLoadTime, loading: seconds => least += seconds);
        least.Should().BeLessThan(fewest);
    }

    private static (long[] Sizes, int[] Trace) Trace(double skew, int seed)
    {
        var random = new Random(seed);
        var sizes = new long[Models];
        for (var i = 0; i < Models; i++)
            sizes[i] = (long)(30_000 * Math.Pow(100, random.NextDouble()));
        return (sizes, OfflineOptimum.Zipf(Models, Requests, skew, random));
    }

    private static double LoadSeconds(long size) => 0.001 + (size / 2e7 * (size % 7));

    private static double Simulate(long[] sizes, int[] trace, long budget, UnloadGoal goal, int measureFrom = WarmUp, Action<double>? loading = null)
    {
        var policy = new UnloadPolicy(goal) { Known = sizes.Length };
        var uses = sizes.Select((size, i) => new ModelUse(new ModelVersionRef("m", i + 1)) { Bytes = size, LoadTime = TimeSpan.FromSeconds(LoadSeconds(size)) }).ToArray();
        var loaded = new HashSet<int>();
        long used = 0, hits = 0;
        for (var i = 0; i < trace.Length; i++)
        {
            var model = trace[i];
            policy.Count(uses[model], 1);
            if (loaded.Contains(model))
            {
                hits += i >= measureFrom ? 1 : 0;
                continue;
            }

            if (i >= measureFrom)
                loading?.Invoke(LoadSeconds(sizes[model]));
            while (used + sizes[model] > budget)
            {
                var victim = loaded.MinBy(candidate => policy.Value(uses[candidate]));
                loaded.Remove(victim);
                used -= sizes[victim];
            }

            loaded.Add(model);
            used += sizes[model];
        }

        return hits / (double)(trace.Length - measureFrom);
    }
}
