using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Serving.Tests.Exposure;

public sealed class ExposureTests
{
    [Fact]
    public async Task Exposures_OncePerKeyAndRevision_AcrossProcessesAndRestarts()
    {
        var sink = new Sink();
        await using var fixture = PolicyFixture.Open(more: (services, name) => services.AddKeyedSingleton<IExposureSink>(name, sink));
        var (one, two) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(2));
        var split = TrafficPolicy.Split(new TrafficShare(one, 0.5, "blue"), new TrafficShare(two, 0.5, "green"));
        await fixture.Endpoint.SetTrafficAsync(split, "test");
        var variants = new Dictionary<string, string>();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 100; i++)
                variants[$"k{i}"] = (await fixture.AskAsync(i, $"k{i}")).Result.Variant;
            await fixture.AskAsync();
        }

        await using (var other = fixture.Serving.Join())
        {
            var endpoint = other.GetRequiredKeyedService<IEndpoints>("sandbox")[PolicyFixture.Model];
            for (var i = 0; i < 100; i++)
                await endpoint.TryPredictAsync(new float[2], new float[1], new PredictionContext { Key = $"k{i}" });
        }

        var exposures = await ToListAsync(fixture.Endpoint.GetExposuresAsync());
        exposures.ToDictionary(exposure => exposure.Key, exposure => exposure.Variant).Should().Equal(variants);
        exposures.Should().OnlyContain(exposure => exposure.Revision == 1 && exposure.Endpoint == PolicyFixture.Model && exposure.Time == Timestamp.From(fixture.Clock.GetUtcNow()));
        sink.Taken.Should().Be(200, "each process reports its own");

        await fixture.Serving.RestartAsync();
        await fixture.AskAsync(1, "k1");
        (await ToListAsync(fixture.Endpoint.GetExposuresAsync())).Should().HaveCount(100);
        (await fixture.Endpoint.DeleteExposuresAsync(Timestamp.From(fixture.Clock.GetUtcNow().AddDays(1)))).Should().Be(100);
        (await ToListAsync(fixture.Endpoint.GetExposuresAsync(1))).Should().BeEmpty();
    }

    [Fact]
    public async Task Exposures_OfASingleVersion_AreNone()
    {
        await using var fixture = PolicyFixture.Open();
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterAsync(1)), "go");
        await fixture.AskAsync(1, "k");
        (await ToListAsync(fixture.Endpoint.GetExposuresAsync())).Should().BeEmpty();
    }

    [Fact]
    public void ExposedKeys_SampledOrFull_AreBoundedAndTheSameEverywhere()
    {
        const string salt = "000102030405060708090a0b0c0d0e0f";
        var options = new ExposureOptions { Share = 0.25, RememberedKeys = 1024 };
        var (one, two) = (new ExposedKeys(salt, options), new ExposedKeys(salt, options));
        var keys = Enumerable.Range(0, 20_000).Select(i => $"key-{i}").ToArray();
        var chosen = keys.Where(one.IsNew).ToArray();
        keys.Where(two.IsNew).Should().Equal(chosen);
        chosen.Length.Should().BeInRange(4_700, 5_300);
        one.IsNew(chosen[^1]).Should().BeFalse();
        one.Forget(chosen[^1]);
        one.IsNew(chosen[^1]).Should().BeTrue();
    }

    [Fact]
    public async Task Exposures_SinkThatFails_LosesNothingInTheStore()
    {
        await using var fixture = PolicyFixture.Open(more: (services, name) => services.AddKeyedSingleton<IExposureSink>(name, new Sink { Fails = true }));
        var (one, two) = (await fixture.RegisterAsync(1), await fixture.RegisterAsync(2));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Canary(one, two, 0.5), "test");
        for (var i = 0; i < 2_500; i++)
            await fixture.AskAsync(i, $"k{i:0000}");
        var exposures = await ToListAsync(fixture.Endpoint.GetExposuresAsync());
        exposures.Should().HaveCount(2_500).And.BeInAscendingOrder(exposure => exposure.Key, StringComparer.Ordinal);
    }

    private static async Task<List<ExposureRecord>> ToListAsync(IAsyncEnumerable<ExposureRecord> exposures)
    {
        var list = new List<ExposureRecord>();
        await foreach (var exposure in exposures)
            list.Add(exposure);
        return list;
    }

    private sealed class Sink : IExposureSink
    {
        private int _taken;

        public bool Fails { get; init; }

        public int Taken => _taken;

        public ValueTask WriteAsync(IReadOnlyList<ExposureRecord> exposures, CancellationToken cancellationToken = default)
        {
            if (Fails)
                throw new InvalidOperationException("full");
            Interlocked.Add(ref _taken, exposures.Count);
            return default;
        }
    }
}
