using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Serving.Tests.Resilience;

public sealed class ResilienceTests
{
    private static readonly CircuitOptions Circuit = new() { MinimumRequests = 10, Pause = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task Fallback_PrimaryFails_PreviousVersionAnswersAndSaysSo()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Fallbacks = [Fallback.ToPrevious(), Fallback.ToDefault(-1)] });
        var (old, fresh) = (await fixture.RegisterAsync(2), await fixture.RegisterAsync(3));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(old), "first");
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(fresh), "second");

        var (healthy, score) = await fixture.AskAsync(5);
        (healthy.Version, healthy.Origin.Source, score).Should().Be((fresh, AnswerSource.Primary, 15));

        fixture.Models[fresh].Fails = true;
        (healthy, score) = await fixture.AskAsync(5);
        (healthy.Status, healthy.Version, healthy.Variant, score).Should().Be((PredictionStatus.Ok, old, TrafficPolicy.FallbackVariant, 10));
        healthy.Origin.Should().Be(new AnswerOrigin(AnswerSource.Fallback, "failed"));
        healthy.Origin.IsDegraded.Should().BeTrue();
        fixture.Serving.Sink.Records[^1].Record.Variant.Should().Be(TrafficPolicy.FallbackVariant);

        fixture.Models[old].Fails = true;
        (healthy, score) = await fixture.AskAsync(5);
        (healthy.Status, healthy.Variant, score, healthy.Origin.Source).Should().Be((PredictionStatus.Ok, TrafficPolicy.DefaultVariant, -1, AnswerSource.Default));

        fixture.Models[fresh].Fails = false;
        (await fixture.AskAsync(5)).Result.Origin.Source.Should().Be(AnswerSource.Primary);
    }

    [Fact]
    public async Task Fallback_ToAnotherEndpointThatWantsFewerFeatures_SendsThemByName()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Fallbacks = [Fallback.ToEndpoint("simple")] });
        var version = await fixture.RegisterAsync(3);
        var simple = await fixture.RegisterAsync(7, "simple", "b");
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "go");
        await fixture.Serving.Endpoints["simple"].SetTrafficAsync(TrafficPolicy.Single(simple), "go");
        await fixture.Endpoint.WarmUpAsync();
        fixture.Models[version].Fails = true;
        var scores = new float[1];
        var result = await fixture.Endpoint.PredictAsync(new float[] { 1, 2 }, scores);
        (result.Version, scores[0], result.Origin.Reason).Should().Be((simple, 14, "failed"));
    }

    [Fact]
    public async Task InvalidInput_GoesNeitherToTheChainNorIntoTheCircuit()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Circuit = Circuit, Fallbacks = [Fallback.ToDefault(-1)] });
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(await fixture.RegisterAsync(2)), "go");
        for (var i = 0; i < 100; i++)
        {
            var (result, _) = await fixture.AskAsync(float.NaN);
            result.Status.Should().Be(PredictionStatus.InvalidInput);
            result.Error!.Message.Should().Contain("'a'");
        }

        (await fixture.Endpoint.WarmUpAsync()).Circuits.Should().ContainSingle().Which.State.Should().Be(CircuitState.Closed);
        (await fixture.AskAsync(4)).Score.Should().Be(8);
    }

    [Fact]
    public async Task Circuit_OpensWithin20Failures_ProbesAfterThePauseAndClosesAgain()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Circuit = Circuit, Fallbacks = [Fallback.ToDefault(-1)] });
        var version = await fixture.RegisterAsync(2);
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "go");
        await fixture.Endpoint.WarmUpAsync();
        using var metrics = new Counting("mlops.serving.circuit.open");
        var script = fixture.Models[version];
        script.Fails = true;
        var before = script.Runs;
        for (var i = 0; i < 200; i++)
            (await fixture.AskAsync()).Result.Origin.Source.Should().Be(AnswerSource.Default);
        // A failed batch is run again alone: two runs a request at most.
        (script.Runs - before).Should().BeInRange(10, 40);
        (await fixture.AskAsync()).Result.Origin.Reason.Should().Be("circuit open");
        (await fixture.Endpoint.WarmUpAsync()).Circuits.Should().Equal(new CircuitStatus(version, CircuitState.Open));
        metrics.Sum.Should().Be(1);

        fixture.Clock.Advance(TimeSpan.FromSeconds(6));
        (await fixture.AskAsync()).Result.Origin.Reason.Should().Be("failed", "the probe finds it broken still");
        (await fixture.AskAsync()).Result.Origin.Reason.Should().Be("circuit open");

        script.Fails = false;
        fixture.Clock.Advance(TimeSpan.FromSeconds(6));
        (await fixture.AskAsync(3)).Score.Should().Be(6);
        (await fixture.Endpoint.WarmUpAsync()).Circuits.Single().State.Should().Be(CircuitState.Closed);
        metrics.Sum.Should().Be(0);
    }

    [Fact]
    public async Task Circuit_WithoutFallback_RefusesAtOnceWithARetryHint()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Circuit = Circuit });
        var version = await fixture.RegisterAsync(2);
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "go");
        fixture.Models[version].Fails = true;
        for (var i = 0; i < 20; i++)
            await fixture.AskAsync();
        var (result, _) = await fixture.AskAsync();
        result.Status.Should().Be(PredictionStatus.Overloaded);
        result.RetryAfter.Should().BePositive().And.BeLessThanOrEqualTo(Circuit.Pause);
        (await fixture.Endpoint.Invoking(e => e.PredictAsync(new float[2], new float[1]).AsTask()).Should().ThrowAsync<OverloadedException>()).WithMessage("*circuit is open*fall-back*");
    }

    [Fact]
    public async Task Timeout_HangingSession_IsLeftBehindAndWritesNothingToTheCaller()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Timeout = TimeSpan.FromSeconds(1), Fallbacks = [Fallback.ToDefault(-1)] });
        var version = await fixture.RegisterAsync(2);
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "go");
        await fixture.Endpoint.WarmUpAsync();
        var script = fixture.Models[version];
        while (script.Entered.Wait(0))
        {
        }

        script.Gate.Reset();
        var scores = new float[1];
        var asked = fixture.Endpoint.TryPredictAsync(new float[] { 9, 0 }, scores).AsTask();
        await script.Entered.WaitAsync();
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        (await asked).Origin.Should().Be(new AnswerOrigin(AnswerSource.Default, "timeout"));
        scores[0].Should().Be(-1);
        script.Gate.Set();
        (await fixture.AskAsync(3)).Score.Should().Be(6);
        scores[0].Should().Be(-1, "the late answer has memory of its own");
    }

    [Fact]
    public async Task Timeout_WithoutFallback_IsADeadlineThatNamesTheOption()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Timeout = TimeSpan.FromSeconds(1) });
        var version = await fixture.RegisterAsync(2);
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "go");
        fixture.Models[version].Gate.Reset();
        while (fixture.Models[version].Entered.Wait(0))
        {
        }

        var asked = fixture.Endpoint.PredictAsync(new float[2], new float[1]).AsTask();
        await fixture.Models[version].Entered.WaitAsync();
        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        (await asked.Invoking(task => task).Should().ThrowAsync<DeadlineExceededException>()).WithMessage("*1000 ms*ResilienceOptions.Timeout*");
    }

    [Fact]
    public async Task Hedging_SlowPrimary_TheSecondAnswerWins()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions
        {
            Hedging = new HedgingOptions { Delay = TimeSpan.FromMilliseconds(50), Target = HedgeTarget.FirstFallback }, Fallbacks = [Fallback.ToPrevious()],
        });
        var (old, fresh) = (await fixture.RegisterAsync(2), await fixture.RegisterAsync(3));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(old), "first");
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(fresh), "second");
        await fixture.Endpoint.WarmUpAsync();
        (await fixture.AskAsync(5)).Score.Should().Be(15);
        var script = fixture.Models[fresh];
        while (script.Entered.Wait(0))
        {
        }

        script.Gate.Reset();
        var asked = fixture.AskAsync(5);
        await script.Entered.WaitAsync();
        fixture.Clock.Advance(TimeSpan.FromMilliseconds(60));
        var (result, score) = await asked;
        (result.Version, score, result.Origin).Should().Be((old, 10f, new AnswerOrigin(AnswerSource.Hedged, "slow")));
    }

    [Fact]
    public async Task Overload_GoesToTheChain()
    {
        await using var fixture = PolicyFixture.Resilient(
            new ResilienceOptions { Fallbacks = [Fallback.ToDefault(-1)] }, new BatchingOptions { QueueLimit = 1, Parallelism = 1, MaximumBatchSize = 1 });
        var version = await fixture.RegisterAsync(2);
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "go");
        await fixture.Endpoint.WarmUpAsync();
        var script = fixture.Models[version];
        while (script.Entered.Wait(0))
        {
        }

        script.Gate.Reset();
        var held = Task.Run(() => fixture.AskAsync(1));
        await script.Entered.WaitAsync();
        var reasons = new List<string>();
        var waiting = new List<Task>();
        for (var i = 0; i < 10 && reasons.Count == 0; i++)
        {
            var asked = fixture.AskAsync(1);
            if (asked.IsCompletedSuccessfully && (await asked).Result is { Origin.Source: AnswerSource.Default } result)
                reasons.Add(result.Origin.Reason);
            else
                waiting.Add(asked);
        }

        reasons.Should().Equal("overloaded");
        script.Gate.Set();
        await held;
        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task Tensors_PrimaryFails_FallbackAndDefaultAnswer()
    {
        var constant = new Dictionary<string, ModelValue> { ["output"] = new TensorValue<float>(new float[] { -1 }, [1, 1]) };
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Fallbacks = [Fallback.ToPrevious(), Fallback.ToDefault(constant)] });
        var (old, fresh) = (await fixture.RegisterAsync(2), await fixture.RegisterAsync(3));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(old), "first");
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(fresh), "second");
        await fixture.Endpoint.WarmUpAsync();
        var inputs = new Dictionary<string, ModelValue> { ["input"] = new TensorValue<float>(new float[] { 4, 0 }, [1, 2]) };
        (await fixture.Endpoint.PredictAsync(inputs)).Origin.Source.Should().Be(AnswerSource.Primary);
        fixture.Models[fresh].Fails = true;
        var answer = await fixture.Endpoint.PredictAsync(inputs);
        (answer.Version, answer.Origin.Source).Should().Be((old, AnswerSource.Fallback));
        fixture.Models[old].Fails = true;
        (await fixture.Endpoint.PredictAsync(inputs)).Origin.Source.Should().Be(AnswerSource.Default);
    }

    [Fact]
    public async Task Fallback_ThatCannotBeLoaded_LeavesTheEndpointAlone()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Fallbacks = [Fallback.ToVersion(new ModelVersionRef("nowhere", 9)), Fallback.ToDefault(-1)] });
        var version = await fixture.RegisterAsync(2);
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "go");
        (await fixture.AskAsync(3)).Score.Should().Be(6);
        fixture.Models[version].Fails = true;
        (await fixture.AskAsync(3)).Score.Should().Be(-1);
    }

    [Fact]
    public async Task Cancellation_ByTheCaller_StaysACancellation()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Timeout = TimeSpan.FromSeconds(10), Circuit = Circuit, Fallbacks = [Fallback.ToDefault(-1)] });
        var version = await fixture.RegisterAsync(2);
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "go");
        await fixture.Endpoint.WarmUpAsync();
        var script = fixture.Models[version];
        while (script.Entered.Wait(0))
        {
        }

        script.Gate.Reset();
        using var stop = new CancellationTokenSource();
        var asked = fixture.AskAsync(1, cancellationToken: stop.Token);
        await script.Entered.WaitAsync();
        await stop.CancelAsync();
        await asked.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Rows_OfOneRequest_FallBackTogether()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Fallbacks = [Fallback.ToPrevious(), Fallback.ToDefault(-1)] });
        var (old, fresh) = (await fixture.RegisterAsync(2), await fixture.RegisterAsync(3));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(old), "first");
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(fresh), "second");
        await fixture.Endpoint.WarmUpAsync();
        float[] rows = [1, 0, 2, 0, 3, 0];
        var scores = new float[3];
        (await fixture.Endpoint.TryPredictRowsAsync(rows, 3, scores)).Outputs.Should().Be(3);
        scores.Should().Equal(3, 6, 9);
        fixture.Models[fresh].Fails = true;
        (await fixture.Endpoint.TryPredictRowsAsync(rows, 3, scores)).Version.Should().Be(old);
        scores.Should().Equal(2, 4, 6);
        fixture.Models[old].Fails = true;
        (await fixture.Endpoint.TryPredictRowsAsync(rows, 3, scores)).Origin.Source.Should().Be(AnswerSource.Default);
        scores.Should().Equal(-1, -1, -1);
        rows[2] = float.NaN;
        (await fixture.Endpoint.TryPredictRowsAsync(rows, 3, scores)).Error!.Message.Should().Contain("Row 2 of 3");
    }

    [Theory]
    [InlineData("timeout", "*Resilience.Timeout*")]
    [InlineData("circuit", "*Circuit.MinimumRequests 1*")]
    [InlineData("self", "*Fallbacks[0]*itself*")]
    [InlineData("order", "*Fallbacks[0]*last*")]
    [InlineData("hedge", "*Hedging.Delay*")]
    public async Task Options_ThatCannotBe_NameTheField(string mistake, string message)
    {
        await using var fixture = PolicyFixture.Resilient(mistake switch
        {
            "timeout" => new ResilienceOptions { Timeout = TimeSpan.Zero },
            "circuit" => new ResilienceOptions { Circuit = new CircuitOptions { MinimumRequests = 1 } },
            "self" => new ResilienceOptions { Fallbacks = [Fallback.ToEndpoint(PolicyFixture.Model)] },
            "order" => new ResilienceOptions { Fallbacks = [Fallback.ToDefault(0), Fallback.ToPrevious()] },
            _ => new ResilienceOptions { Hedging = new HedgingOptions { Delay = TimeSpan.Zero } },
        });
        fixture.Invoking(f => f.Endpoint).Should().Throw<InvalidDefinitionException>().WithMessage(message);
    }

    [Fact]
    public async Task RandomFailuresUnderLoad_NearlyAllAreAnsweredAndRight()
    {
        await using var fixture = PolicyFixture.Resilient(new ResilienceOptions { Circuit = Circuit, Fallbacks = [Fallback.ToPrevious(), Fallback.ToDefault(-1)] });
        var (old, fresh) = (await fixture.RegisterAsync(2), await fixture.RegisterAsync(3));
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(old), "first");
        await fixture.Endpoint.SetTrafficAsync(TrafficPolicy.Single(fresh), "second");
        await fixture.Endpoint.WarmUpAsync();
        fixture.Models[fresh].FailsNow = () => Random.Shared.Next(10) == 0;
        fixture.Models[old].FailsNow = () => Random.Shared.Next(1000) == 0;
        var wrong = 0;
        await Parallel.ForAsync(0, 20_000, async (i, stop) =>
        {
            var value = i % 1000;
            var (result, score) = await fixture.AskAsync(value, cancellationToken: stop);
            var right = result.Origin.Source switch
            {
                AnswerSource.Default => -1,
                AnswerSource.Fallback => value * 2,
                _ => value * 3,
            };
            if (result.Status != PredictionStatus.Ok || score != right)
                Interlocked.Increment(ref wrong);
        });
        wrong.Should().Be(0);
    }

    private sealed class Counting : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _sum;

        public Counting(string instrument)
        {
            _listener.InstrumentPublished = (published, listener) =>
            {
                if (published.Name == instrument)
                    listener.EnableMeasurementEvents(published);
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            {
                foreach (var tag in tags)
                {
                    if (tag is { Key: "mlops.endpoint", Value: PolicyFixture.Model })
                        Interlocked.Add(ref _sum, value);
                }
            });
            _listener.Start();
        }

        public long Sum => Interlocked.Read(ref _sum);

        public void Dispose() => _listener.Dispose();
    }
}
