using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Serving.Tests.Prediction;

public sealed class PredictorTests
{
    [Fact]
    public async Task PredictAsync_StaticFeatures_AnswersWithVersionVariantAndId()
    {
        await using var fixture = Fixture(m => m.Feature("a", f => f.Distance).Feature("b", f => f.Hour).StickyBy(f => f.Origin).Decode(s => new Delay(s[0] + s[1])));
        var version = await fixture.RegisterScaleAsync(2);
        await fixture.Deployer.DeployAsync(version, 1, "first");
        var predictor = Predictor(fixture);
        var answer = await predictor.PredictAsync(new Flight("LAX", 10, 5));

        answer.Value.Minutes.Should().Be(30);
        ((Delay)answer).Minutes.Should().Be(30);
        (answer.Version, answer.Variant).Should().Be((version, "stable"));
        fixture.Sink.Records.Should().ContainSingle().Which.Record.Key.Should().Be("LAX");
        fixture.Services.GetRequiredService<IPredictor<Flight, Delay>>().Should().BeSameAs(predictor);
        await Parallel.ForAsync(0, 500, async (i, token) =>
            (await predictor.PredictAsync(new Flight("LAX", i, 1), token)).Value.Minutes.Should().Be((i + 1) * 2));
    }

    [Fact]
    public async Task PredictAsync_LookedUpFeatures_AreReadAsOfTheRequest()
    {
        await using var fixture = Fixture(m => m.Lookup("origin", f => f.Origin).Feature("b", f => f.Hour).AsOf(f => new Timestamp(7)).Decode(s => new Delay(s[0] + s[1])), withFeatures: true);
        await fixture.Deployer.DeployAsync(await fixture.RegisterScaleAsync(2), 1, "first");
        var answer = await Predictor(fixture).PredictAsync(new Flight("ABC", 0, 5));
        answer.Value.Minutes.Should().Be((3 + 7 + 5) * 2);
        var other = await Predictor(fixture).PredictAsync(new Flight("ABCD", 0, 5), new PredictionContext { AsOf = new Timestamp(1) });
        other.Value.Minutes.Should().Be((4 + 1 + 5) * 2);
    }

    [Fact]
    public async Task PredictManyAsync_Stream_AnswersInOrder()
    {
        await using var fixture = Fixture(m => m.Feature("a", f => f.Distance).Feature("b", f => f.Hour).Decode(s => new Delay(s[0] + s[1])));
        await fixture.Deployer.DeployAsync(await fixture.RegisterScaleAsync(2), 1, "first");
        var minutes = new List<float>();
        await foreach (var answer in Predictor(fixture).PredictManyAsync(Flights()))
            minutes.Add(answer.Value.Minutes);
        minutes.Should().Equal(Enumerable.Range(0, 2000).Select(i => 2f * (i + 1)));

        static async IAsyncEnumerable<Flight> Flights()
        {
            for (var i = 0; i < 2000; i++)
            {
                if (i % 100 == 0)
                    await Task.Yield();
                yield return new Flight("LAX", i, 1);
            }
        }
    }

    [Theory]
    [InlineData("unknown", "*'unknown'*")]
    [InlineData("two-keys", "*keys x, y*gives 1*")]
    public async Task PredictAsync_WrongLookup_SaysWhat(string service, string message)
    {
        await using var fixture = Fixture(m => m.Lookup(service, f => f.Origin).Decode(s => new Delay(s[0])), withFeatures: true);
        await fixture.Deployer.DeployAsync(await fixture.RegisterScaleAsync(2), 1, "first");
        (await Predictor(fixture).Invoking(p => p.PredictAsync(new Flight("A", 1, 1)).AsTask()).Should().ThrowAsync<MlOpsException>()).WithMessage(message);
    }

    [Fact]
    public async Task PredictAsync_FeaturesInAnotherOrderThanTheModel_IsRefusedAtLoad()
    {
        await using var fixture = Fixture(m => m.Feature("b", f => f.Hour).Feature("a", f => f.Distance).Decode(s => new Delay(s[0])));
        await fixture.Deployer.DeployAsync(await fixture.RegisterScaleAsync(2), 1, "first");
        (await Predictor(fixture).Invoking(p => p.PredictAsync(new Flight("A", 1, 1)).AsTask()).Should().ThrowAsync<InvalidDefinitionException>())
            .WithMessage("*'a' at position 1*'b'*");
    }

    [Fact]
    public void AddModel_IncompleteOrTwice_IsRefused()
    {
        var builder = new Builder(new ServiceCollection());
        builder.Invoking(b => b.AddModel<Flight, Delay>("m", m => m.Decode(s => new Delay(0)))).Should().Throw<InvalidDefinitionException>().WithMessage("*no features*");
        builder.Invoking(b => b.AddModel<Flight, Delay>("m", m => m.Feature("a", f => 1))).Should().Throw<InvalidDefinitionException>().WithMessage("*Decode*");
        builder.Invoking(b => b.AddModel<Flight, Delay>("m", m => m.Feature("a", f => 1).Feature("a", f => 2).Decode(s => new Delay(0)))).Should().Throw<InvalidDefinitionException>().WithMessage("*'a' twice*");
        builder.AddModel<Flight, Delay>("m", m => m.Feature("a", f => 1).Decode(s => new Delay(0)));
        builder.Invoking(b => b.AddModel<Flight, Delay>("n", m => m.Feature("a", f => 1).Decode(s => new Delay(0)))).Should().Throw<InvalidDefinitionException>().WithMessage("*'n'*'m'*");
    }

    [Fact]
    public async Task Lookup_OfAServiceThatComputesFromTheRequest_GetsTheRequestsValues()
    {
        await using var fixture = Fixture(m => m.Lookup("computed", f => f.Origin).Feature("b", f => f.Hour).Request("distance", f => f.Distance).Request("origin", f => f.Origin).Decode(s => new Delay(s[0])), withFeatures: true);
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterScaleAsync(2)), "go");
        var predictor = Predictor(fixture);

        // The scale model doubles the first feature, which the source computes as distance + length of the origin.
        (await predictor.PredictAsync(new Flight("LAX", 100, 5))).Value.Minutes.Should().Be(2 * (100 + 3));
        (await predictor.PredictAsync(new Flight("X", 1, 5))).Value.Minutes.Should().Be(2 * (1 + 1));
    }

    [Fact]
    public async Task Lookup_WhoseRequestValuesDoNotMatch_IsRefusedWithTheNames()
    {
        await using var missing = Fixture(m => m.Lookup("computed", f => f.Origin).Feature("b", f => f.Hour).Request("origin", f => f.Origin).Decode(s => new Delay(s[0])), withFeatures: true);
        await using var unused = Fixture(m => m.Lookup("origin", f => f.Origin).Feature("b", f => f.Hour).Request("distance", f => f.Distance).Decode(s => new Delay(s[0])), withFeatures: true);
        var lacking = async () => await Predictor(missing).PredictAsync(new Flight("LAX", 1, 2));
        var superfluous = async () => await Predictor(unused).PredictAsync(new Flight("LAX", 1, 2));

        await lacking.Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*'distance' (Float64)*call Request*");
        await superfluous.Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*'distance'*no feature service*");
    }

#pragma warning disable xUnit1031 // the tasks are complete when they return: nothing blocks
    [Fact]
    public async Task PredictAsync_SingleCaller_AllocatesNothing()
    {
        await using var fixture = Fixture(m => m.Feature("a", f => f.Distance).Feature("b", f => f.Hour).StickyBy(f => f.Origin).Decode(s => new Delay(s[0])), withSink: false);
        var (one, two) = (await fixture.RegisterScaleAsync(2), await fixture.RegisterScaleAsync(3));
        await fixture.Endpoints["flight-delay"].SetTrafficAsync(TrafficPolicy.Canary(one, two, 0.5), "half");
        var predictor = Predictor(fixture);
        Allocated(predictor, 2000);
        Allocated(predictor, 10_000).Should().BeLessThanOrEqualTo(10_000 * AllocationBudget.ReadAll()["serving.predict"]);
    }
#pragma warning restore xUnit1031

    private static long Allocated(IPredictor<Flight, Delay> predictor, int calls)
    {
        var flights = new Flight[] { new("LAX", 1, 2), new("JFK", 3, 4), new("SFO", 5, 6) };
        predictor.PredictAsync(flights[0]).AsTask().Wait();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < calls; i++)
        {
            var task = predictor.PredictAsync(flights[i % 3]);
            if (!task.IsCompletedSuccessfully || task.Result.Value.Minutes == 0)
                throw new InvalidOperationException();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static IPredictor<Flight, Delay> Predictor(ServingFixture fixture) => fixture.Services.GetRequiredKeyedService<IPredictor<Flight, Delay>>("sandbox");

    private static ServingFixture Fixture(Action<ModelBinding<Flight, Delay>> bind, bool withFeatures = false, bool withSink = true) => new((services, name) =>
    {
        if (!withSink)
        {
            foreach (var sink in services.Where(service => service.ServiceType == typeof(IPredictionSink)).ToArray())
                services.Remove(sink);
        }

        if (withFeatures)
            services.AddKeyedSingleton<IFeatureVectorSourceProvider>(name, new Sources());
        services.AddSingleton<IMlOpsEnvironments>(provider => new OneEnvironment(provider));
        new Builder(services).AddModel("flight-delay", bind);
    });

    public readonly record struct Flight(string Origin, float Distance, float Hour);

    public readonly record struct Delay(float Minutes);

    private sealed class Builder(IServiceCollection services) : IMlOpsBuilder
    {
        public IServiceCollection Services => services;

        public IMlOpsBuilder ForEachEnvironment(Action<IServiceCollection, string> register)
        {
            register(services, "sandbox");
            return this;
        }
    }

    private sealed class OneEnvironment(IServiceProvider services) : IMlOpsEnvironments, IMlOpsEnvironment
    {
        public IMlOpsEnvironment Default => this;

        public int Count => 1;

        public string Name => "sandbox";

        public EnvironmentKind Kind => EnvironmentKind.Sandbox;

        public EnvironmentContext Context => services.GetRequiredKeyedService<EnvironmentContext>("sandbox");

        public IMlOpsEnvironment this[string name] => this;

        public TService Get<TService>()
            where TService : notnull => services.GetRequiredKeyedService<TService>("sandbox");

        public IEnumerator<IMlOpsEnvironment> GetEnumerator() => Enumerable.Repeat<IMlOpsEnvironment>(this, 1).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class Sources : IFeatureVectorSourceProvider
    {
        public ValueTask<IFeatureVectorSource> GetVectorSourceAsync(string service, CancellationToken cancellationToken = default) => service switch
        {
            "origin" => new(new Source(["origin"])),
            "computed" => new(new ComputedSource()),
            "two-keys" => new(new Source(["x", "y"])),
            _ => throw new NotFoundException($"There is no feature service '{service}'."),
        };
    }

    private sealed class Source(IReadOnlyList<string> keys) : IFeatureVectorSource
    {
        public string Id => "origin@1";

        public IReadOnlyList<string> KeyNames => keys;

        public IReadOnlyList<string> FeatureNames { get; } = ["a"];

        public async ValueTask ReadAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            destination.Span[0] = keys.Span[0].Length + asOf.Microseconds;
        }
    }

    private sealed class ComputedSource : IFeatureVectorSource
    {
        public string Id => "computed@1";

        public IReadOnlyList<string> KeyNames { get; } = ["origin"];

        public IReadOnlyList<string> FeatureNames { get; } = ["a"];

        public IReadOnlyList<RequestInput> RequestInputs { get; } = [new("origin", DataType.String), new("distance", DataType.Float64)];

        public ValueTask ReadAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("The values of the request are missing.");

        public ValueTask ReadAsync(
            ReadOnlyMemory<string> keys, ReadOnlyMemory<FeatureValue> request, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default)
        {
            destination.Span[0] = request.Span[0].ToText()!.Length + request.Span[1].ToSingle();
            return default;
        }
    }
}
