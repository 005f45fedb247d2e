namespace MlOps.Crash.Tests;

/// <summary>The sample is killed at twenty-one random moments, three in each case, and started again in the same directory.</summary>
public sealed class FlightDelayCrashTests(FlightDelayStory story) : IClassFixture<FlightDelayStory>
{
    private const int Kills = 3;

    [FlightsTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task FlightDelay_KilledAtRandomMoments_EndsAsIfItHadNeverBeenKilled(int seed)
    {
        var random = new Random(seed);
        for (var (kills, round) = (0, 0); kills < Kills; round++)
        {
            var directory = story.Directory($"killed-{seed}-{round}");
            var result = Path.Combine(directory, "result.json");
            while (kills < Kills && !File.Exists(result))
            {
                using var child = story.Start(directory);
                var output = child.Output.ReadToEndAsync();
                var exit = child.ExitAsync();
                var patience = TimeSpan.FromSeconds(0.3 + random.NextDouble() * story.Duration.TotalSeconds * 0.7);
                if (await Task.WhenAny(exit, Task.Delay(patience)) == exit)
                {
                    (await exit).Should().Be(0, "the sample ended by itself: {0} {1}", await output, await child.Errors);
                    break;
                }

                child.Kill();
                await exit;
                kills++;
            }

            // A story that wrote its result has ended; told once more it would go on with the next ten days.
            var actual = File.Exists(result) ? await File.ReadAllTextAsync(result) : await story.FinishAsync(directory);
            actual.Should().Be(story.Result, "story {0} was killed and started again until it ended", round);
        }
    }
}
