using System.Diagnostics;
using MlOps.DuckDb;
using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>The sample on every thirtieth flight, told once without disturbance.</summary>
public sealed class FlightDelayStory : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();

    internal string Result { get; private set; } = "";

    internal TimeSpan Duration { get; private set; }

    private string Data => Path.Combine(_folder.Path, "flights.parquet");

    public async Task InitializeAsync()
    {
        if (!File.Exists(FlightsTheoryAttribute.Data))
            return;
        using (var lake = new DuckDbLake())
        {
            await lake.WriteParquetAsync(
                $"SELECT date, delay, distance, origin, destination FROM read_parquet('{FlightsTheoryAttribute.Data}', file_row_number = true) WHERE file_row_number % 30 = 0 ORDER BY file_row_number", Data);
        }

        var clock = Stopwatch.StartNew();
        Result = await FinishAsync(Directory("undisturbed"));
        Duration = clock.Elapsed;
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    internal string Directory(string name) => Path.Combine(_folder.Path, name);

    internal async Task<string> FinishAsync(string directory)
    {
        using var child = Start(directory);
        var output = child.Output.ReadToEndAsync();
        (await child.ExitAsync()).Should().Be(0, "the sample says: {0} {1}", await output, await child.Errors);
        return await File.ReadAllTextAsync(Path.Combine(directory, "result.json"));
    }

    internal ChildProcess Start(string directory) => ChildProcess.Run(
        Path.Combine(AppContext.BaseDirectory, "FlightDelay.dll"), "--data", Data, "--directory", directory, "--every", "1", "--plain", "true",
        "--drift-share", "0.02" /* so few flights drift in few columns; the retraining and the canary are to be killed, too */);
}
