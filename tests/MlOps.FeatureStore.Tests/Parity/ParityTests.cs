using System.Collections.Concurrent;

namespace MlOps.Features.Tests;

public sealed class ParityTests
{
    [Fact]
    public void Join_OverRandomHistories_AgreeWithBruteForceBitForBit()
    {
        var failures = new ConcurrentBag<string>();
        long comparisons = 0;
        Parallel.For(0, 20_000, seed =>
        {
            try
            {
                Interlocked.Add(ref comparisons, ParityCheck.Run(seed));
            }
            catch (Exception error)
            {
                failures.Add($"seed {seed}: {error}");
            }
        });
        failures.Should().BeEmpty();
        comparisons.Should().BeGreaterThan(1_000_000);
    }
}
