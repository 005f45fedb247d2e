using System.Collections.Concurrent;

namespace MlOps.Features.Tests;

public sealed class ParityTests
{
    [Fact]
    public void Join_OverRandomHistories_AgreesWithBruteForceBitForBit()
    {
        var failures = new ConcurrentBag<string>();
        long comparisons = 0;
        Parallel.For(0, 20_000, seed =>
        {
            try
            {
                Interlocked.Add(ref comparisons, JoinParity.Run(seed));
            }
            catch (Exception error)
            {
                failures.Add($"seed {seed}: {error}");
            }
        });
        failures.Should().BeEmpty();
        comparisons.Should().BeGreaterThan(1_000_000);
    }

    [Fact]
    public void Join_OfRandomServicesAndSpines_KeepsTheRowLaw()
    {
        var failures = new ConcurrentBag<string>();
        long rows = 0;
        Parallel.For(0, 5_000, seed =>
        {
            try
            {
                Interlocked.Add(ref rows, JoinParity.RunRowLaw(seed).Rows);
            }
            catch (Exception error)
            {
                failures.Add($"seed {seed}: {error}");
            }
        });
        failures.Should().BeEmpty();
        rows.Should().BeGreaterThan(50_000);
    }
}
