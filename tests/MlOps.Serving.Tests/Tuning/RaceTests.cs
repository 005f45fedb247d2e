using FluentAssertions;
using Xunit;

namespace MlOps.Serving.Tests.Tuning;

public sealed class RaceTests
{
    [Fact]
    public void Run_WithClearLosers_FindsTheBestWithFewerSamplesThanTheFullTable()
    {
        double[] speeds = [1, 2, 3.5, 4, 1.5, 0.2];
        var random = new Random(1);
        var race = new Race(speeds.Length);
        var winner = race.Run(i => speeds[i] * (1 + (0.05 * (random.NextDouble() - 0.5))), 12, () => true);
        winner.Should().Be(3);
        race.Trials.Should().BeLessThan(12 * speeds.Length / 2);
        race.IsOut(5).Should().BeTrue();
    }

    [Fact]
    public void Run_OfEqualContenders_TakesTheFirstAndClaimsNoDifference()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var race = new Race(3);
            var winner = race.Run(_ => 1 + (0.3 * (random.NextDouble() - 0.5)), 9, () => true);
            if (!race.IsOut(0))
                race.Regret(0, winner).Should().Be(1);
        }
    }

    [Fact]
    public void Run_WhenTheWholeMachineSlowsDown_ComparesWithinRounds()
    {
        var random = new Random(5);
        var race = new Race(2);
        var load = 1.0;
        var calls = 0;
        var winner = race.Run(
            i =>
            {
                if (calls++ % 2 == 0)
                    load = 0.1 + random.NextDouble();
                return load * (i == 0 ? 1 : 1.1);
            },
            12,
            () => true);
        winner.Should().Be(1);
    }

    [Fact]
    public void Run_WithoutTime_TakesOneRound()
    {
        var race = new Race(2);
        race.Run(i => i, 9, () => false).Should().Be(1);
        race.Rounds.Should().Be(1);
    }
}
