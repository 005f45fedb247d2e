using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MlOps.Serving;
using MlOps.Testing;

namespace MlOps.Hosting;

public sealed class TunedSettingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task Fragment_AddedToTheConfiguration_IsWhatTheEnvironmentServesWith()
    {
        var best = new TunedConfiguration
        {
            Runtime = new OnnxRuntimeOptions { IntraOpThreads = 2, AllowSpinning = true },
            Batching = new BatchingOptions { MaximumBatchSize = 48, Parallelism = 3, ParallelRows = 7, MaximumDelay = TimeSpan.FromMicroseconds(150) },
            Curve = new BatchCurve([new(1, TimeSpan.FromMicroseconds(3.2)), new(8, TimeSpan.FromMicroseconds(5)), new(48, TimeSpan.FromMicroseconds(19.9))]),
            Contention = 1.125,
        };
        var result = new TuningResult
        {
            Name = "churn", Best = best, SingleLatency = TimeSpan.FromMicroseconds(3), RowsPerSecond = 1, Front = [], Points = [], Tried = 1, Grid = 2, Samples = 3,
            Duration = TimeSpan.FromSeconds(1), Noise = 0, Warnings = [],
        };
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("MlOps:Path", _directory.Path), new("MlOps:Environments:staging:Serving:MaxBatchSize", "8"), new("MlOps:Environments:staging:Serving:MaxQueueLength", "99")])
            .AddInMemoryCollection(Flatten(result.ToAppSettings("staging"))).Build();
        await using var provider = new ServiceCollection().AddMlOps(configuration).Services.BuildServiceProvider();

        var serving = provider.GetRequiredService<IOptionsMonitor<ServingOptions>>().Get("staging");
        serving.Batching.MaximumBatchSize.Should().Be(8);
        var tuned = serving.Tuned.Should().ContainKey("churn").WhoseValue;
        tuned.Runtime.Should().Be(best.Runtime);
        tuned.Batching.Should().Be(serving.Batching with { MaximumBatchSize = 48, Parallelism = 3, ParallelRows = 7, MaximumDelay = best.Batching.MaximumDelay });
        tuned.Batching.QueueLimit.Should().Be(99);
        tuned.Curve!.Points.Should().Equal(best.Curve.Points);
        tuned.Contention.Should().Be(1.125);
        provider.GetRequiredService<IMlOpsEnvironments>()["staging"].Tuner.Should().NotBeNull();
    }

    [Fact]
    public async Task Mistakes_InTunedSettings_AreListedAtStart()
    {
        var mistakes = await TestHost.MistakesAsync(_directory.Path,
        [
            ("Environments:staging:Serving:Models:churn:MaxBatchSize", "0"),
            ("Environments:staging:Serving:Models:churn:Contention", "0.5"),
            ("Environments:staging:Serving:Models:churn:CurveMicroseconds:many", "3"),
        ]);
        mistakes.Should().HaveCount(3);
        mistakes.Should().ContainSingle(mistake => mistake.Contains("churn:MaxBatchSize is 0", StringComparison.Ordinal));
        mistakes.Should().ContainSingle(mistake => mistake.Contains("churn:Contention is 0.5", StringComparison.Ordinal));
        mistakes.Should().ContainSingle(mistake => mistake.Contains("CurveMicroseconds:many", StringComparison.Ordinal));
    }

    // As the JSON provider of the configuration names its values.
    private static IEnumerable<KeyValuePair<string, string?>> Flatten(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. Walk("", document.RootElement)];

        static IEnumerable<KeyValuePair<string, string?>> Walk(string path, JsonElement element) =>
            element.ValueKind == JsonValueKind.Object
                ? element.EnumerateObject().SelectMany(property => Walk(path.Length == 0 ? property.Name : $"{path}:{property.Name}", property.Value))
                : [new(path, element.ToString())];
    }

    public void Dispose() => _directory.Dispose();
}
