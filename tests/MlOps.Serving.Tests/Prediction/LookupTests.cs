using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Serving.Tests.Prediction;

public sealed class LookupTests
{
    private static readonly Dictionary<string, string> Known = new() { ["customer"] = "ada" };
    private static readonly Dictionary<string, string> Unknown = new() { ["customer"] = "eve" };
    private static readonly Dictionary<string, FeatureValue> Amount = new() { ["b"] = 5f };

    [Fact]
    public async Task PredictByKey_LooksUpWhatTheServiceHasAndTakesTheRestFromTheRequest()
    {
        await using var fixture = Open(new FeatureLookup { Service = "customer" });
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterAsync(2)), "go");
        var scores = new float[1];
        var result = await fixture.Endpoint.PredictByKeyAsync(Known, Amount, scores);
        (result.Status, scores[0]).Should().Be((PredictionStatus.Ok, 6));
        fixture.Serving.Sink.Records[^1].Features.Should().Equal(3, 5);
        (await fixture.Endpoint.PredictByKeyAsync(Unknown, Amount, scores)).Status.Should().Be(PredictionStatus.InvalidInput, "NaN is passed on and the model does not take it");
    }

    [Theory]
    [InlineData("key", "*'customr'*'customer'*")]
    [InlineData("lacks", "*lacks key 'customer'*")]
    [InlineData("feature", "*'b'*send it*")]
    [InlineData("surplus", "*'a'*neither*")]
    public async Task PredictByKey_WrongRequest_NamesWhatIsWrong(string mistake, string message)
    {
        await using var fixture = Open(new FeatureLookup { Service = "customer" });
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterAsync(2)), "go");
        var act = () => mistake switch
        {
            "key" => fixture.Endpoint.PredictByKeyAsync(new Dictionary<string, string> { ["customr"] = "ada" }, Amount, new float[1]).AsTask(),
            "lacks" => fixture.Endpoint.PredictByKeyAsync(new Dictionary<string, string>(), Amount, new float[1]).AsTask(),
            "feature" => fixture.Endpoint.PredictByKeyAsync(Known, null, new float[1]).AsTask(),
            _ => fixture.Endpoint.PredictByKeyAsync(Known, new Dictionary<string, FeatureValue> { ["a"] = 1f, ["b"] = 1f }, new float[1]).AsTask(),
        };
        Exception? error = null;
        try
        {
            error = (await act()).Error;
        }
        catch (InvalidInputException thrown)
        {
            error = thrown;
        }

        error.Should().BeOfType<InvalidInputException>().Which.Message.Should().Match(message);
    }

    [Fact]
    public async Task PredictByKey_WithoutLookup_SaysWhatToSet()
    {
        await using var fixture = PolicyFixture.Open();
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterAsync(2)), "go");
        (await fixture.Endpoint.Invoking(e => e.PredictByKeyAsync(Known, null, new float[1]).AsTask()).Should().ThrowAsync<InvalidDefinitionException>()).WithMessage("*Lookups[\"score\"]*");
    }

    [Fact]
    public async Task Missing_ByRule_DefaultsRejectsOrDegrades()
    {
        await using (var fixture = Open(new FeatureLookup { Service = "customer", OnMissing = MissingRule.Default(1, new Dictionary<string, float> { ["a"] = 10 }) }))
            (await AskAsync(fixture, Unknown)).Score.Should().Be(20);
        await using (var fixture = Open(new FeatureLookup { Service = "customer", OnMissing = MissingRule.Reject }))
            (await AskAsync(fixture, Unknown)).Result.Error!.Message.Should().Match("*'a'*'customer@1'*missing*");
        await using (var fixture = Open(new FeatureLookup { Service = "customer", OnMissing = MissingRule.Degrade }, Fallback.ToDefault(-1)))
        {
            var (result, score) = await AskAsync(fixture, Unknown);
            (result.Origin, score).Should().Be((new AnswerOrigin(AnswerSource.Default, "missing features"), -1f));
            (await AskAsync(fixture, Known, deploy: false)).Result.Origin.Source.Should().Be(AnswerSource.Primary);
        }

        await using (var fixture = Open(new FeatureLookup { Service = "customer", OnMissing = MissingRule.Degrade }))
            await FluentActions.Awaiting(() => AskAsync(fixture, Unknown)).Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*nothing to fall back to*");
    }

    [Fact]
    public async Task Stale_ByRule_DegradesOrRejects()
    {
        // The source's features are two minutes old.
        await using (var fixture = Open(new FeatureLookup { Service = "customer", MaximumAge = TimeSpan.FromMinutes(3), OnStale = MissingRule.Reject }))
            (await AskAsync(fixture, Known)).Score.Should().Be(6);
        await using (var fixture = Open(new FeatureLookup { Service = "customer", MaximumAge = TimeSpan.FromMinutes(1), OnStale = MissingRule.Reject }))
            (await AskAsync(fixture, Known)).Result.Error!.Message.Should().Match("*'a'*00:02:00 old*00:01:00*");
        await using (var fixture = Open(new FeatureLookup { Service = "customer", MaximumAge = TimeSpan.FromMinutes(1), OnStale = MissingRule.Degrade }, Fallback.ToDefault(-1)))
            (await AskAsync(fixture, Known)).Result.Origin.Reason.Should().Be("stale features");
        await using (var fixture = Open(new FeatureLookup { Service = "ageless", MaximumAge = TimeSpan.FromMinutes(1) }))
            await FluentActions.Awaiting(() => AskAsync(fixture, Known)).Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*does not know ages*");
    }

    [Fact]
    public void Binding_RuleWithoutLookup_IsRefused()
    {
        var binding = new ModelBinding<string, float>();
        binding.Feature("a", _ => 1).Invoking(b => b.OnMissing(MissingRule.Reject)).Should().Throw<InvalidDefinitionException>().WithMessage("*Lookup*");
        binding.Lookup("customer", input => input).OnMissing(MissingRule.Degrade).MaximumAge(TimeSpan.FromMinutes(1), MissingRule.Reject).Segments[^1].Rule
            .Should().Be(new LookupRule(MissingRule.Degrade, TimeSpan.FromMinutes(1), MissingRule.Reject));
    }

    private static async Task<(PredictionResult Result, float Score)> AskAsync(PolicyFixture fixture, Dictionary<string, string> keys, bool deploy = true)
    {
        if (deploy)
            await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterAsync(2)), "go");
        var scores = new float[1];
        return (await fixture.Endpoint.PredictByKeyAsync(keys, Amount, scores), scores[0]);
    }

    private static PolicyFixture Open(FeatureLookup lookup, params Fallback[] chain) => PolicyFixture.Open(
        policies =>
        {
            policies.Lookups[PolicyFixture.Model] = lookup;
            return policies with { Resilience = chain.Length == 0 ? null : new ResilienceOptions { Fallbacks = chain } };
        },
        (services, name) => services.AddKeyedSingleton<IFeatureVectorSourceProvider>(name, new Sources()));

    private sealed class Sources : IFeatureVectorSourceProvider
    {
        public ValueTask<IFeatureVectorSource> GetVectorSourceAsync(string service, CancellationToken cancellationToken = default) => new(new Source(service == "customer"));
    }

    private sealed class Source(bool knowsAges) : IFeatureVectorSource
    {
        public string Id => "customer@1";

        public IReadOnlyList<string> KeyNames { get; } = ["customer"];

        public IReadOnlyList<string> FeatureNames { get; } = ["a"];

        public bool KnowsAges => knowsAges;

        public ValueTask ReadAsync(ReadOnlyMemory<string> keys, Timestamp asOf, Memory<float> destination, CancellationToken cancellationToken = default)
        {
            destination.Span[0] = keys.Span[0] == "ada" ? 3 : float.NaN;
            return default;
        }

        public async ValueTask ReadWithAgesAsync(
            ReadOnlyMemory<string> keys, ReadOnlyMemory<FeatureValue> request, Timestamp asOf, Memory<float> destination, Memory<long> ages, CancellationToken cancellationToken = default)
        {
            await ReadAsync(keys, asOf, destination, cancellationToken);
            ages.Span[0] = 120_000_000;
        }
    }
}
