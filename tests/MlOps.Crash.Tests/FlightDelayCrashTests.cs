using System.Diagnostics;
using MlOps.DuckDb;
using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>The sample, on every thirtieth flight, is killed at random moments and started again in the same directory.</summary>
public sealed class FlightDelayCrashTests
{
    private const int Kills = 20;

    [FlightsFact]
    public async Task FlightDelay_KilledAtTwentyRandomMoments_EndsAsIfItHadNeverBeenKilled()
    {
        using var folder = new TemporaryDirectory();
        var data = Path.Combine(folder.Path, "flights.parquet");
        using (var lake = new DuckDbLake())
            await lake.WriteParquetAsync($"SELECT date, delay, distance, origin, destination FROM read_parquet('{FlightsFactAttribute.Data}', file_row_number = true) WHERE file_row_number % 30 = 0 ORDER BY file_row_number", data);

        var clock = Stopwatch.StartNew();
        var expected = await FinishAsync(data, Path.Combine(folder.Path, "undisturbed"));
        var whole = clock.Elapsed;

        var random = new Random(20011);
        var (kills, finished) = (0, 0);
        for (var story = 0; kills < Kills; story++)
        {
            var directory = Path.Combine(folder.Path, $"killed-{story}");
            var result = Path.Combine(directory, "result.json");
            while (kills < Kills)
            {
                using var child = Start(data, directory);
                var output = child.Output.ReadToEndAsync();
                var exit = child.ExitAsync();
                if (await Task.WhenAny(exit, Task.Delay(TimeSpan.FromSeconds(0.3 + random.NextDouble() * whole.TotalSeconds * 0.7))) == exit)
                {
                    (await exit).Should().Be(0, "the sample ended by itself: {0} {1}", await output, await child.Errors);
                    break;
                }

                child.Kill();
                await exit;
                kills++;
                if (File.Exists(result))
                    break; // killed between its result and its exit
            }

            // A story that wrote its result has ended; telling it once more would go on with the next ten days.
            var actual = File.Exists(result) ? await File.ReadAllTextAsync(result) : await FinishAsync(data, directory);
            actual.Should().Be(expected, "story {0} was killed and started again until it ended", story);
            finished++;
        }

        finished.Should().BePositive();
    }

    private static async Task<string> FinishAsync(string data, string directory)
    {
        using var child = Start(data, directory);
        var output = child.Output.ReadToEndAsync();
        (await child.ExitAsync()).Should().Be(0, "the sample says: {0} {1}", await output, await child.Errors);
        return await File.ReadAllTextAsync(Path.Combine(directory, "result.json"));
    }

    private static ChildProcess Start(string data, string directory) => ChildProcess.Run(
        Path.Combine(AppContext.BaseDirectory, "FlightDelay.dll"), "--data", data, "--directory", directory, "--every", "1", "--plain", "true",
        "--drift-share", "0.02" /* so few flights drift in few columns; the retraining and the canary are to be killed, too */);
}
