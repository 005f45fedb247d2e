using System.Collections.Concurrent;

namespace MlOps.Features.Tests;

public sealed class OnlineParityTests
{
    [Fact]
    public void StreamMaterialisationAndRestart_OverRandomHistories_AgreeWithBruteForceBitForBit()
    {
        var (comparisons, _) = Check(50_000, seed => (OnlineParity.Run(seed), 0));
        comparisons.Should().BeGreaterThan(2_000_000);
    }

    [Fact]
    public void ReadWithinTheLag_WhateverWasPushedMeanwhile_AgreesWithBruteForceAsKnownThen()
    {
        var (comparisons, late) = Check(50_000, OnlineParity.RunWithinTheLag);
        comparisons.Should().BeGreaterThan(2_000_000);
        late.Should().BeGreaterThan(100_000, "reads at which something that was pushed was not known yet are what this is about");
    }

    private static (long Compared, long Hidden) Check(int histories, Func<int, (int Compared, int Hidden)> run)
    {
        var failures = new ConcurrentBag<string>();
        long comparisons = 0, late = 0;
        Parallel.For(0, histories, seed =>
        {
            try
            {
                var (compared, hidden) = run(seed);
                Interlocked.Add(ref comparisons, compared);
                Interlocked.Add(ref late, hidden);
            }
            catch (Exception error)
            {
                failures.Add($"seed {seed}: {error}");
            }
        });
        failures.Take(3).Should().BeEmpty($"{failures.Count} of {histories} histories differ");
        return (comparisons, late);
    }
}
